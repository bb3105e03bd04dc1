using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Launching;

/// <summary>One way to run an operation.</summary>
/// <param name="Operation">What it computes.</param>
/// <param name="Form">What it skips; dense for operations that see no pixels.</param>
/// <param name="Accelerator">Where it runs.</param>
/// <param name="Width">Registers on a CPU; 128 bits stands for a GPU, which has none of these.</param>
public sealed record KernelVariant(Operation Operation, KernelForm Form, AcceleratorType Accelerator, SimdWidth Width)
{
    /// <summary>The accelerators that kernels run on.</summary>
    public static IReadOnlyList<AcceleratorType> Accelerators { get; }
        = [AcceleratorType.CPU, AcceleratorType.OpenCL, AcceleratorType.Cuda];

    /// <summary>Whether this machine runs it, as far as that can be told without asking drivers: GPU variants need a device.</summary>
    public bool IsSupported => Accelerator == AcceleratorType.CPU && SimdSupport.Available.Contains(Width);

    /// <summary>All variants of an operation, supported here or not.</summary>
    public static IEnumerable<KernelVariant> Of(Operation operation) =>
        from accelerator in Accelerators
        from width in accelerator == AcceleratorType.CPU && operation.HasWidths ? Enum.GetValues<SimdWidth>() : [SimdWidth.V128]
        from form in operation.Forms(accelerator)
        select new KernelVariant(operation, form, accelerator, width);

    /// <summary>For tables: <c>HiddenForward/InputSparse/CPU/V256</c>, <c>HiddenForward/Dense/OpenCL</c>.</summary>
    public override string ToString() =>
        Accelerator == AcceleratorType.CPU ? $"{Operation}/{Form}/{Accelerator}/{Width}" : $"{Operation}/{Form}/{Accelerator}";
}
