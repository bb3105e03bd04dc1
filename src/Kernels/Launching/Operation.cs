using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Launching;

/// <summary>Something that kernels compute: an entry of the catalogue, which tests, verification and measurements walk.</summary>
public abstract class Operation
{
    /// <summary>For tables and tests.</summary>
    public abstract string Name { get; }

    /// <summary>Whether registers of another width are another kernel on a CPU: not for integers, comparisons and plain scalars.</summary>
    public virtual bool HasWidths => true;

    /// <summary>The forms in which it exists on an accelerator; dense for operations that see no pixels.</summary>
    public virtual IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => [KernelForm.Dense];

    public sealed override string ToString() => Name;
}

/// <summary>An operation with its one typed job, on every accelerator.</summary>
/// <typeparam name="TJob">All that it is given: cohorts, images and buffers of one device, and settings.</typeparam>
public abstract class Operation<TJob> : Operation
    where TJob : notnull
{
    /// <summary>The device that the job's memory lies on; null where it does not say.</summary>
    internal virtual ComputeDevice? DeviceOf(TJob job) => null;

    /// <summary>Refuses what does not fit together: kernels take pointers and check nothing, so they would read other memory.</summary>
    /// <exception cref="ArgumentException">Sizes, layouts or forms that differ, or a setting out of range.</exception>
    internal abstract void Check(TJob job);

    /// <summary>Runs it; done when this returns.</summary>
    internal abstract void OnCpu(DeviceKernels kernels, TJob job);

    /// <summary>Starts it on the device's stream.</summary>
    internal abstract void OnGpu(GpuDevice device, TJob job);
}

/// <summary>Forms that operations have in common.</summary>
internal static class OperationForms
{
    /// <summary>
    /// Of products over pixels. Input-sparse for CPUs, also those that OpenCL offers: on a GPU the dense form's multiply-adds share
    /// their loads eight ways, those of a form that skips zeros do not, and that eats what four skipped of five save.
    /// </summary>
    public static IReadOnlyList<KernelForm> OfPixels(AcceleratorType accelerator) =>
        accelerator == AcceleratorType.Cuda ? [KernelForm.Dense] : [KernelForm.Dense, KernelForm.InputSparse];

    /// <summary>Over compressed weights.</summary>
    public static IReadOnlyList<KernelForm> OfWeights { get; } = [KernelForm.WeightSparse];
}
