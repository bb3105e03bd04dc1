using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// Zeroed float32 memory that begins on a cache line. The allocator promises 16 bytes; a 512-bit load that straddles two
/// lines costs two, and nearly all of an epoch is such loads. GPU drivers align memory on their own.
/// </summary>
internal sealed class AlignedFloats : IDisposable
{
    private const int LineBytes = 64, LineFloats = LineBytes / sizeof(float);

    private readonly ComputeDevice _device;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _buffer;

    /// <param name="length">Elements, 1 or more.</param>
    public AlignedFloats(ComputeDevice device, long length)
    {
        _device = device;
        _buffer = device.Zeroed<float>(length + LineFloats);
        ArrayView<float> all = _buffer.View;
        long past = device.Kind == AcceleratorType.CPU ? all.LoadEffectiveAddressAsPtr().ToInt64() % LineBytes : 0;
        View = all.SubView(past == 0 ? 0 : (LineBytes - past) / sizeof(float), length);
    }

    public ArrayView<float> View { get; }

    public int Length => View.IntLength;

    public void CopyFrom(float[] values) => _device.Write(View, values);

    public float[] ToArray() => _device.Download(View);

    public void Dispose() => _buffer.Dispose();
}
