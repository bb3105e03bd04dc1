using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Launching;

/// <summary>
/// Runs operations on one device. Work is started in order on the device's stream; whatever downloads waits for it. Operations
/// add a method each, so that a call reads <c>kernels.TrainEpoch(cohort, images)</c>.
/// </summary>
public sealed class DeviceKernels
{
    private DeviceKernels(ComputeDevice device, SimdWidth width)
    {
        Device = device;
        Width = width;
    }

    /// <summary>Kernels are compiled when they are first started, and live as long as the device.</summary>
    /// <param name="device">The device that all arguments must lie on.</param>
    /// <param name="width">Registers of a CPU to use; the best of the machine when null.</param>
    public static DeviceKernels Create(ComputeDevice device, SimdWidth? width = null) =>
        new(device, device is CpuDevice ? width ?? SimdSupport.Best : SimdWidth.V128);

    /// <summary>Where the kernels run.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Registers that CPU kernels use.</summary>
    public SimdWidth Width { get; }

    /// <summary>Called with every operation and its job once it is started: tests spoil results here.</summary>
    internal Action<Operation, object>? Started { get; init; }

    /// <summary>Starts an operation.</summary>
    /// <exception cref="ArgumentException">What the job holds does not fit together, or lies on another device.</exception>
    public void Run<TJob>(Operation<TJob> operation, TJob job)
        where TJob : notnull
    {
        if (operation.DeviceOf(job) is { } device && device != Device)
            throw new ArgumentException($"{operation.Name}: memory of another device", nameof(job));
        operation.Check(job);
        if (Device is GpuDevice gpu)
            operation.OnGpu(gpu, job);
        else
            operation.OnCpu(this, job);
        Started?.Invoke(operation, job);
    }

    /// <summary>The same with something that is told of every operation; for tests.</summary>
    internal static DeviceKernels Create(ComputeDevice device, SimdWidth? width, Action<Operation, object> started) =>
        new(device, device is CpuDevice ? width ?? SimdSupport.Best : SimdWidth.V128) { Started = started };

    /// <summary>Runs a CPU kernel.</summary>
    internal void Launch<TJob>(in TJob job)
        where TJob : struct, ICpuJob
    {
        if (!Device.Kept.TryGetValue(typeof(TJob), out object? kernel))
            Device.Kept.Add(typeof(TJob), kernel = new CpuKernel<TJob>((CpuDevice)Device));
        ((CpuKernel<TJob>)kernel).Launch(job, Width);
    }
}
