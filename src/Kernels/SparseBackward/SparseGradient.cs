using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.SparseBackward;

/// <summary>
/// The gradient of W1 at the weights that a compressed cohort keeps, one float an entry in the order of its columns. Usable
/// again and again, also after the cohort has been compressed anew: memory only grows.
/// </summary>
public sealed class SparseGradient(ComputeDevice device) : IDisposable
{
    private MemoryBuffer1D<float, Stride1D.Dense> _values = device.Zeroed<float>(1);

    /// <summary>Waits for the device; dW1 of each model, row-major [D, H] with 0 where no weight is kept, in the caller's order.</summary>
    /// <param name="weights">The cohort that the gradient was last computed for, not compressed anew since.</param>
    public float[][] Download(SparseCohort weights) => weights.Scatter(device.Download(ViewFor(weights)));

    public void Dispose() => _values.Dispose();

    internal ArrayView<float> ViewFor(SparseCohort weights)
    {
        // A view must hold something, also where nothing is kept.
        int entries = Math.Max(1, weights.NonZeros);
        if (_values.Length < entries)
        {
            // Kernels that use the old one may not have run yet.
            device.Stream.Synchronize();
            _values.Dispose();
            _values = device.Zeroed<float>(entries);
        }
        return ((ArrayView<float>)_values.View).SubView(0, entries);
    }
}
