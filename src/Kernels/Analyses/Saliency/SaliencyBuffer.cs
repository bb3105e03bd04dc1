using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Room on a device for the saliency maps of a cohort, so that they can be made again without allocating and without waiting.
/// </summary>
public sealed class SaliencyBuffer : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly ColumnLayout _layout;
    private readonly DeviceArray<float> _maps;

    /// <param name="device">Where.</param>
    /// <param name="layout">Of the cohorts whose maps are made.</param>
    /// <param name="images">N; M * N * D floats are allocated.</param>
    public SaliencyBuffer(ComputeDevice device, ColumnLayout layout, int images)
    {
        _device = device;
        _layout = layout;
        Images = images;
        _maps = device.Room<float>((long)layout.Slots.Count * images * layout.Inputs);
    }

    /// <summary>N.</summary>
    public int Images { get; }

    /// <summary>Waits for the device; maps [N, D] of each model in the caller's order.</summary>
    /// <exception cref="OverflowException">More than 2^31 - 1 numbers.</exception>
    public ReadOnlyMemory<float>[] Download()
    {
        float[] values = _device.Download<float>(_maps.View);
        int size = checked(Images * _layout.Inputs);
        var maps = new ReadOnlyMemory<float>[_layout.Slots.Count];
        for (int s = 0; s < maps.Length; s++)
            maps[_layout.Slots[s].Model] = values.AsMemory(checked(s * size), size);
        return maps;
    }

    public void Dispose() => _maps.Dispose();

    internal ColumnLayout Layout => _layout;

    internal ArrayView<float> Maps => _maps.View;

    /// <exception cref="ArgumentException">Made for another layout or number of images: kernels would write beyond it.</exception>
    internal void Check(ColumnLayout layout, int images)
    {
        if (images != Images || !layout.IsSameAs(_layout))
            throw new ArgumentException($"a buffer of another layout, or for {Images} images and not {images}", nameof(layout));
    }
}
