using GpuMlp.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Launching;

/// <summary>How GPU kernels are started. A job is a structure of views and numbers, and its kernel a static method that takes it.</summary>
internal static class GpuLaunch
{
    /// <summary>
    /// Starts a kernel on the device's stream. It is compiled when it is first started and kept with the device: a kernel takes
    /// its compiler a while, and no run needs all of them.
    /// </summary>
    /// <param name="kernel">A method, not a lambda: it is what the compiled kernel is known by.</param>
    /// <param name="threads">Of a group.</param>
    public static void Launch<TJob>(this GpuDevice device, Action<TJob> kernel, int threads, int groups, in TJob job)
        where TJob : struct
    {
        if (!device.Kept.TryGetValue(kernel, out object? loaded))
            device.Kept.Add(kernel, loaded = device.Accelerator.LoadKernel(kernel));
        ((Action<AcceleratorStream, KernelConfig, TJob>)loaded)(device.Stream, new KernelConfig(groups, threads), job);
    }
}
