using GpuMlp.Kernels;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Bench;

/// <summary>Makes forms of problems; the outside baseline's device is opened when it is first wanted.</summary>
internal class BenchForms(ComputeDevice device) : IDisposable
{
    private OutsideDevice? _outside;

    private OutsideDevice Outside => _outside ??= new OutsideDevice(device);

    /// <summary>Whether the device has kernels of a form for an operation: the catalogue knows.</summary>
    public bool Has(BenchForm form, BenchOp op) => form == BenchForm.Outside
        ? op == BenchOp.Forward
        : KernelCatalog.Variants.Any(
            variant => variant.Accelerator == device.Kind && variant.Form == Kernel(form) && variant.Operation == Operation(form, op));

    public virtual FormRun Create(BenchForm form, BenchProblem problem) => form switch
    {
        BenchForm.Dense => new CohortRun(problem, KernelForm.Dense),
        BenchForm.InputSparse => new CohortRun(problem, KernelForm.InputSparse),
        BenchForm.Masked => new MaskedRun(problem),
        BenchForm.WeightSparse => new WeightSparseRun(problem),
        _ => new OutsideRun(Outside, problem),
    };

    /// <summary>
    /// Milliseconds that a call takes, where that is known without one: from small products for the outside baseline, which may
    /// be ten thousand times slower than ours; null for ours.
    /// </summary>
    /// <exception cref="NotSupportedException">The device cannot run the form.</exception>
    public double? ExpectedMs(BenchCase at, BenchWork work) => at.Form == BenchForm.Outside
        ? Outside.ExpectedMs((double)at.Batch * at.Models * at.Hidden, work.DenseFlop / 2 * (1 - at.Sparsity))
        : null;

    public void Dispose() => _outside?.Dispose();

    private static KernelForm Kernel(BenchForm form) => form switch
    {
        BenchForm.InputSparse => KernelForm.InputSparse,
        BenchForm.WeightSparse => KernelForm.WeightSparse,
        _ => KernelForm.Dense,
    };

    private static Operation Operation(BenchForm form, BenchOp op) => (op, form) switch
    {
        (BenchOp.Forward, BenchForm.WeightSparse) => SparseEvaluateOperation.Instance,
        (BenchOp.Backward, BenchForm.WeightSparse) => SparseBackwardOperation.Instance,
        (BenchOp.Saliency, BenchForm.WeightSparse) => SparseSaliencyOperation.Instance,
        (BenchOp.Forward, _) => EvaluateOperation.Instance,
        (BenchOp.Backward, _) => HiddenBackwardOperation.Instance,
        _ => SaliencyOperation.Instance,
    };
}
