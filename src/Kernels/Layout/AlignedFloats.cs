using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Layout;

/// <summary>
/// Zeroed float32 memory that begins on a cache line. The allocator promises 16 bytes; a 512-bit load that straddles two
/// lines costs two, and nearly all of an epoch is such loads.
/// </summary>
internal sealed class AlignedFloats : IDisposable
{
    private const int LineBytes = 64, LineFloats = LineBytes / sizeof(float);

    private readonly MemoryBuffer1D<float, Stride1D.Dense> _buffer;

    /// <param name="accelerator">A CPU accelerator, whose addresses the host can see.</param>
    /// <param name="length">Elements, 1 or more.</param>
    public AlignedFloats(Accelerator accelerator, long length)
    {
        _buffer = accelerator.Allocate1D<float>(length + LineFloats);
        _buffer.MemSetToZero();
        ArrayView<float> all = _buffer.View;
        long past = all.LoadEffectiveAddressAsPtr().ToInt64() % LineBytes;
        View = all.SubView(past == 0 ? 0 : (LineBytes - past) / sizeof(float), length);
    }

    public ArrayView<float> View { get; }

    public int Length => View.IntLength;

    public void CopyFrom(float[] values) => View.CopyFromCPU(values);

    public float[] ToArray()
    {
        var values = new float[View.IntLength];
        View.CopyToCPU(values);
        return values;
    }

    public void Dispose() => _buffer.Dispose();
}
