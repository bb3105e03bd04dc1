using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// The images of a split in the two forms that the digit products read, in the host's memory: row-major [N, K] for the forward pass, and
/// for the gradient each batch's own transpose [K, B]. K are the pixels that are set in any image, and behind them the constant
/// pixel of value 255; pixels that are 0 everywhere add nothing to any sum.
/// </summary>
internal sealed class DigitPixels
{
    private DigitPixels(ReadOnlySpan<byte> pixels, int inputs, int[] numbers, IReadOnlyList<DigitRun> batches)
    {
        (Batches, Numbers) = (batches, numbers);
        Pitch = DigitImages.ToMultiple(numbers.Length, DigitPlanes.Stage);
        RowMajor = Rows(pixels, inputs);
        Transposed = Transpose(pixels, inputs);
    }

    /// <summary>The batches of the schedule.</summary>
    public IReadOnlyList<DigitRun> Batches { get; }

    /// <summary>[K]: the pixel of each k, D for the constant one.</summary>
    public int[] Numbers { get; }

    /// <summary>Bytes from image to image.</summary>
    public int Pitch { get; }

    /// <summary>[N and a tile of zeros, <see cref="Pitch"/>].</summary>
    public byte[] RowMajor { get; }

    /// <summary>Batch by batch [K, B], where <see cref="DigitRun.Transposed"/> says.</summary>
    public byte[] Transposed { get; }

    /// <summary>
    /// Null for images that do not fit: more than 64,960 pixels that are set, or a form of more than <see cref="DigitImages.MostBytes"/>,
    /// which tiny batches can reach, since each begins a stage of its own.
    /// </summary>
    /// <param name="pixels">Row-major [N, D].</param>
    /// <param name="inputs">D.</param>
    /// <param name="schedule">Batches.</param>
    public static DigitPixels? Arrange(ReadOnlySpan<byte> pixels, int inputs, ChunkSchedule schedule)
    {
        int[] numbers = SetPixels(pixels, inputs);
        int stages = DigitImages.ToMultiple(numbers.Length, DigitPlanes.Stage) / DigitPlanes.Stage;
        long rowMajor = ((pixels.Length / inputs) + DigitPlanes.TileRows) * (long)(stages * DigitPlanes.Stage);
        DigitRun[] batches = [.. Place(schedule, DigitImages.ToMultiple(numbers.Length, DigitPlanes.TileRows))];
        return stages <= DigitPlanes.MostStages && Math.Max(rowMajor, TransposedBytes(batches, numbers.Length)) <= DigitImages.MostBytes
            ? new DigitPixels(pixels, inputs, numbers, batches)
            : null;
    }

    private static long TransposedBytes(IReadOnlyList<DigitRun> batches, int pixelRows) =>
        batches[^1].Transposed + (DigitImages.ToMultiple(pixelRows, DigitPlanes.TileRows) * (long)batches[^1].Pitch);

    private static int[] SetPixels(ReadOnlySpan<byte> pixels, int inputs)
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
    private byte[] Rows(ReadOnlySpan<byte> pixels, int inputs)
    {
        var rows = new byte[((pixels.Length / inputs) + DigitPlanes.TileRows) * Pitch];
        for (int n = 0; n < pixels.Length / inputs; n++)
        {
            for (int k = 0; k < Numbers.Length; k++)
                rows[(n * Pitch) + k] = Pixel(pixels, inputs, n, Numbers[k]);
        }
        return rows;
    }

    private byte[] Transpose(ReadOnlySpan<byte> pixels, int inputs)
    {
        var columns = new byte[TransposedBytes(Batches, Numbers.Length)];
        foreach (DigitRun batch in Batches)
        {
            for (int k = 0; k < Numbers.Length; k++)
            {
                Span<byte> row = columns.AsSpan((int)(batch.Transposed + ((long)k * batch.Pitch)), batch.Rows);
                for (int n = 0; n < row.Length; n++)
                    row[n] = Pixel(pixels, inputs, batch.FirstRow + n, Numbers[k]);
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
            int pitch = DigitImages.ToMultiple(batch.BatchRows, DigitPlanes.Stage);
            yield return new DigitRun(batch.FirstRow, batch.BatchRows, at, pitch);
            at += (long)transposedRows * pitch;
        }
    }
}
