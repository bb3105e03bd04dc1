using GpuMlp.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Launching;

/// <summary>A GPU kernel, loaded when it is first launched and kept: a kernel takes its compiler a while, and no run needs all of them.</summary>
/// <typeparam name="TJob">All that it is given.</typeparam>
internal sealed class GpuLauncher<TJob>(ComputeDevice device, Action<TJob> kernel, int threads)
    where TJob : struct
{
    private Action<AcceleratorStream, KernelConfig, TJob>? _launch;

    /// <summary>Starts it on the device's stream.</summary>
    public void Launch(int groups, in TJob job)
    {
        _launch ??= device.Accelerator.LoadKernel(kernel);
        _launch(device.Stream, new KernelConfig(groups, threads), job);
    }
}
