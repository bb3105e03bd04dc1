using GpuMlp.Kernels;
using GpuMlp.Kernels.Devices;

namespace GpuMlp.Engine.Bench;

/// <summary>Makes forms of problems; the outside baseline's device is opened when it is first wanted.</summary>
internal class BenchForms(ComputeDevice device) : IDisposable
{
    private OutsideDevice? _outside;

    /// <summary>Whether the device has kernels of a form for an operation: the catalogue knows.</summary>
    public bool Has(BenchForm form, BenchOp op) => form == BenchForm.Outside
        ? op == BenchOp.Forward
        : Kernel(form) is { } kernel && KernelCatalog.Variants.Any(
            variant => variant.Accelerator == device.Kind && variant.Form == kernel && variant.Operation == Operation(form, op));

    public virtual FormRun Create(BenchForm form, BenchProblem problem) => form switch
    {
        BenchForm.Dense => new CohortRun(problem, KernelForm.Dense),
        BenchForm.InputSparse => new CohortRun(problem, KernelForm.InputSparse),
        BenchForm.WeightSparse => new WeightSparseRun(problem),
        BenchForm.Outside => new OutsideRun(_outside ??= new OutsideDevice(device), problem),
        _ => throw new NotSupportedException($"no kernels of the form {BenchNames.Of(form)}"),
    };

    public void Dispose() => _outside?.Dispose();

    private static KernelForm? Kernel(BenchForm form) => form switch
    {
        BenchForm.Dense => KernelForm.Dense,
        BenchForm.InputSparse => KernelForm.InputSparse,
        BenchForm.WeightSparse => KernelForm.WeightSparse,
        _ => null,
    };

    private static KernelOperation Operation(BenchForm form, BenchOp op) => op switch
    {
        BenchOp.Forward => form == BenchForm.WeightSparse ? KernelOperation.SparseEvaluate : KernelOperation.Evaluate,
        BenchOp.Backward => KernelOperation.HiddenBackward,
        _ => KernelOperation.Saliency,
    };
}
