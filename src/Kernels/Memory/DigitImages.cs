using GpuMlp.Kernels.Devices;
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

/// <summary><see cref="DigitPixels"/> on a device.</summary>
internal sealed class DigitImages : IDisposable
{
    /// <summary>Of either form; kernels index them with 32 bits.</summary>
    public const long MostBytes = 1L << 30;

    private readonly DeviceArray<byte> _pixels, _transposed;
    private readonly DeviceArray<int> _numbers;

    public DigitImages(ComputeDevice device, DigitPixels host)
    {
        Batches = host.Batches;
        MostRows = Batches.Max(batch => batch.Rows);
        PixelRows = host.Numbers.Length;
        PixelPitch = host.Pitch;
        _pixels = device.Upload(host.RowMajor);
        _transposed = device.Upload(host.Transposed);
        _numbers = device.Upload(host.Numbers);
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
}
