using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// value = 0, a thread an element. ILGPU's own way to clear memory fails on OpenCL for a view that does not begin its buffer.
/// </summary>
public struct ClearGpu
{
    public const int Threads = 256;

    public ArrayView<int> Values;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => (Values.IntLength + Threads - 1) / Threads;

    internal static void Run(GpuDevice device, ArrayView<int> values)
    {
        var job = new ClearGpu { Values = values };
        device.Launch(Kernel, Threads, job.Groups, job);
    }

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(ClearGpu job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX;
        if (item < job.Values.IntLength)
            job.Values[item] = 0;
    }
}
