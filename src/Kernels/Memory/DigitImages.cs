using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>Images that go through the digit products at once: a batch, or a run of whole stages of one.</summary>
/// <param name="FirstRow">Its first image.</param>
/// <param name="Rows">Its images.</param>
/// <param name="Transposed">Its first byte among the transposed pixels.</param>
/// <param name="Pitch">Bytes from pixel to pixel there.</param>
internal readonly record struct DigitRun(int FirstRow, int Rows, long Transposed, int Pitch)
{
    /// <summary>Its images to whole stages.</summary>
    public int PaddedRows => DigitImages.ToMultiple(Rows, DigitPlanes.Stage);

    /// <summary>Cut into runs of so many images.</summary>
    /// <param name="rows">A multiple of <see cref="DigitPlanes.Stage"/>.</param>
    public IEnumerable<DigitRun> Cut(int rows)
    {
        for (int done = 0; done < Rows; done += rows)
            yield return new DigitRun(FirstRow + done, Math.Min(rows, Rows - done), Transposed + done, Pitch);
    }
}

/// <summary>
/// The images of a split in the two forms that the digit products read, made once: row-major [N, K] for the forward pass, and
/// for the gradient each batch's own transpose [K, B]. K are the pixels that are set in any image, and behind them the constant
/// pixel of value 255; pixels that are 0 everywhere add nothing to any sum.
/// </summary>
internal sealed class DigitImages : IDisposable
{
    /// <summary>Of either form; kernels index them with 32 bits.</summary>
    public const long MostBytes = 1L << 30;

    private readonly DeviceArray<byte> _pixels, _transposed;
    private readonly DeviceArray<int> _numbers;

    private DigitImages(ComputeDevice device, ReadOnlySpan<byte> pixels, int inputs, int[] numbers, IReadOnlyList<DigitRun> batches)
    {
        Batches = batches;
        MostRows = batches.Max(batch => batch.Rows);
        PixelRows = numbers.Length;
        PixelPitch = ToMultiple(PixelRows, DigitPlanes.Stage);
        _pixels = device.Upload(RowMajor(pixels, inputs, numbers));
        _transposed = device.Upload(Transpose(pixels, inputs, numbers));
        _numbers = device.Upload(numbers);
    }

    /// <summary>The batches of the schedule.</summary>
    public IReadOnlyList<DigitRun> Batches { get; }

    /// <summary>K with the constant pixel.</summary>
    public int PixelRows { get; }

    /// <summary>Bytes from image to image.</summary>
    public int PixelPitch { get; }

    /// <summary>Images of the largest batch.</summary>
    public int MostRows { get; }

    /// <summary>One value a k: its pixel d, D for the constant one.</summary>
    public ArrayView<int> PixelNumbers => _numbers.View;

    /// <summary>
    /// Null for images that do not fit: more than 64,960 pixels that are set, or a form of more than <see cref="MostBytes"/>,
    /// which tiny batches can reach, since each begins a stage of its own.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <param name="pixels">Row-major [N, D].</param>
    /// <param name="inputs">D.</param>
    /// <param name="schedule">Batches.</param>
    public static DigitImages? Create(ComputeDevice device, ReadOnlySpan<byte> pixels, int inputs, ChunkSchedule schedule)
    {
        int[] numbers = Numbers(pixels, inputs);
        int stages = ToMultiple(numbers.Length, DigitPlanes.Stage) / DigitPlanes.Stage;
        long rowMajor = ((pixels.Length / inputs) + DigitPlanes.TileRows) * (long)(stages * DigitPlanes.Stage);
        DigitRun[] batches = [.. Place(schedule, ToMultiple(numbers.Length, DigitPlanes.TileRows))];
        return stages <= DigitPlanes.MostStages && Math.Max(rowMajor, TransposedBytes(batches, numbers.Length)) <= MostBytes
            ? new DigitImages(device, pixels, inputs, numbers, batches)
            : null;
    }

    /// <summary>From a run's first image on.</summary>
    public ArrayView<byte> Pixels(DigitRun run)
    {
        long first = (long)run.FirstRow * PixelPitch;
        return _pixels.View.SubView(first, _pixels.Length - first);
    }

    /// <summary>From a run's first image of the first pixel on.</summary>
    public ArrayView<byte> Transposed(DigitRun run) =>
        _transposed.View.SubView(run.Transposed, _transposed.Length - run.Transposed);

    public void Dispose()
    {
        _pixels.Dispose();
        _transposed.Dispose();
        _numbers.Dispose();
    }

    internal static int ToMultiple(int n, int of) => (n + of - 1) / of * of;

    private static long TransposedBytes(IReadOnlyList<DigitRun> batches, int pixelRows) =>
        batches[^1].Transposed + (ToMultiple(pixelRows, DigitPlanes.TileRows) * (long)batches[^1].Pitch);

    private static int[] Numbers(ReadOnlySpan<byte> pixels, int inputs)
    {
        var isSet = new bool[inputs];
        for (int i = 0; i < pixels.Length; i += inputs)
        {
            for (int d = 0; d < inputs; d++)
                isSet[d] |= pixels[i + d] != 0;
        }
        return [.. Enumerable.Range(0, inputs).Where(d => isSet[d]), inputs];
    }

    // The last tile of a run reads on behind the run; so behind the last image lies a tile of zeros.
    private byte[] RowMajor(ReadOnlySpan<byte> pixels, int inputs, int[] numbers)
    {
        var rows = new byte[((pixels.Length / inputs) + DigitPlanes.TileRows) * PixelPitch];
        for (int n = 0; n < pixels.Length / inputs; n++)
        {
            for (int k = 0; k < numbers.Length; k++)
                rows[(n * PixelPitch) + k] = Pixel(pixels, inputs, n, numbers[k]);
        }
        return rows;
    }

    private byte[] Transpose(ReadOnlySpan<byte> pixels, int inputs, int[] numbers)
    {
        var columns = new byte[TransposedBytes(Batches, PixelRows)];
        foreach (DigitRun batch in Batches)
        {
            for (int k = 0; k < numbers.Length; k++)
            {
                Span<byte> row = columns.AsSpan((int)(batch.Transposed + ((long)k * batch.Pitch)), batch.Rows);
                for (int n = 0; n < row.Length; n++)
                    row[n] = Pixel(pixels, inputs, batch.FirstRow + n, numbers[k]);
            }
        }
        return columns;
    }

    private static byte Pixel(ReadOnlySpan<byte> pixels, int inputs, int image, int number) =>
        number < inputs ? pixels[(image * inputs) + number] : (byte)ExactSums.ConstantPixel;

    private static IEnumerable<DigitRun> Place(ChunkSchedule schedule, int transposedRows)
    {
        long at = 0;
        foreach (Chunk batch in schedule.Chunks.Where(chunk => chunk.IsFirst))
        {
            int pitch = ToMultiple(batch.BatchRows, DigitPlanes.Stage);
            yield return new DigitRun(batch.FirstRow, batch.BatchRows, at, pitch);
            at += (long)transposedRows * pitch;
        }
    }
}
