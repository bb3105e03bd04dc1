using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The gradient of W1 at the weights that a compressed cohort keeps, one float an entry in the order of its columns. Usable
/// again and again, also after the cohort has been compressed anew: memory only grows.
/// </summary>
public sealed class SparseGradient(ComputeDevice device) : IDisposable
{
    private DeviceArray<float> _values = device.Zeroed<float>(1);
    private DeviceArray<long> _sums = device.Zeroed<long>(1);

    /// <summary>Waits for the device; dW1 of each model, row-major [D, H] with 0 where no weight is kept, in the caller's order.</summary>
    /// <param name="weights">The cohort that the gradient was last computed for, not compressed anew since.</param>
    public float[][] Download(SparseCohort weights) => weights.Scatter(device.Download(ViewFor(weights)));

    public void Dispose()
    {
        _values.Dispose();
        _sums.Dispose();
    }

    internal ArrayView<float> ViewFor(SparseCohort weights)
    {
        MakeRoom(weights);
        return _values.View.SubView(0, Entries(weights));
    }

    /// <summary>G of the batch so far, one an entry.</summary>
    internal ArrayView<long> SumsFor(SparseCohort weights)
    {
        MakeRoom(weights);
        return _sums.View.SubView(0, Entries(weights));
    }

    // A view must hold something, also where nothing is kept.
    private static int Entries(SparseCohort weights) => Math.Max(1, weights.NonZeros);

    private void MakeRoom(SparseCohort weights)
    {
        if (_values.Length >= Entries(weights))
            return;

        // Kernels that use the old ones may not have run yet.
        device.Stream.Synchronize();
        Dispose();
        _values = device.Zeroed<float>(Entries(weights));
        _sums = device.Zeroed<long>(Entries(weights));
    }
}
