using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels;

/// <summary>The operations that have kernels.</summary>
public enum KernelOperation
{
    Initialize,
    HiddenForward,
    OutputForward,
    OutputBackward,
    HiddenBackward,
    Update,
    TrainEpoch,
    Evaluate,
    Saliency,
    PruneRank,
    Prune,
    Corrupt,
    Compress,
    SparseEvaluate,
    SparseBackward,
    SparseSaliency,

    /// <summary>Operations on a cohort with a mask: the forward product, the gradients, the update, the fused epoch.</summary>
    MaskedForward,
    MaskedBackward,
    MaskedUpdate,
    MaskedTrainEpoch,

    TsneDistances,
    TsneAffinities,
    TsneSymmetrize,
    TsneForces,
    TsneStep,
    TsneDivergence,
}

/// <summary>One way to run an operation.</summary>
/// <param name="Operation">What it computes.</param>
/// <param name="Form">What it skips; dense for operations that see no pixels.</param>
/// <param name="Accelerator">Where it runs.</param>
/// <param name="Width">Registers on a CPU; 128 bits stands for a GPU, which has none of these.</param>
public sealed record KernelVariant(KernelOperation Operation, KernelForm Form, AcceleratorType Accelerator, SimdWidth Width)
{
    /// <summary>Whether this machine runs it, as far as that can be told without asking drivers: GPU variants need a device.</summary>
    public bool IsSupported => Accelerator == AcceleratorType.CPU && SimdSupport.Available.Contains(Width);

    /// <summary>Whether it is about a cohort with a mask.</summary>
    internal bool IsMasked => Operation is KernelOperation.MaskedForward or KernelOperation.MaskedBackward
        or KernelOperation.MaskedUpdate or KernelOperation.MaskedTrainEpoch;

    /// <summary>For tables: <c>HiddenForward/InputSparse/CPU/V256</c>, <c>HiddenForward/Dense/OpenCL</c>.</summary>
    public override string ToString() =>
        Accelerator == AcceleratorType.CPU ? $"{Operation}/{Form}/{Accelerator}/{Width}" : $"{Operation}/{Form}/{Accelerator}";
}

/// <summary>The one list of kernel variants. Tests compare every supported one with the double reference; perf times them.</summary>
public static class KernelCatalog
{
    private static readonly KernelOperation[] s_ofAnyWidth =
    [
        KernelOperation.Initialize, KernelOperation.PruneRank, KernelOperation.Prune, KernelOperation.Corrupt, KernelOperation.Compress,
        KernelOperation.TsneSymmetrize, KernelOperation.TsneStep, KernelOperation.TsneDivergence,
    ];

    /// <summary>The accelerators that kernels run on.</summary>
    public static IReadOnlyList<AcceleratorType> Accelerators { get; } = [AcceleratorType.CPU, AcceleratorType.OpenCL, AcceleratorType.Cuda];

    /// <summary>Every variant there is, supported here or not.</summary>
    public static IReadOnlyList<KernelVariant> Variants { get; } = [.. Create()];

    /// <summary>The variants of one operation that this machine's CPU runs.</summary>
    public static IEnumerable<KernelVariant> Of(KernelOperation operation) =>
        Variants.Where(variant => variant.Operation == operation && variant.IsSupported);

    private static IEnumerable<KernelVariant> Create()
    {
        // Integers, comparisons, or plain scalars: one variant for all widths.
        foreach (KernelOperation operation in s_ofAnyWidth)
            yield return new KernelVariant(operation, KernelForm.Dense, AcceleratorType.CPU, SimdWidth.V128);
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            foreach (KernelOperation operation in Enum.GetValues<KernelOperation>().Except(s_ofAnyWidth))
            {
                yield return new KernelVariant(operation, Form(operation), AcceleratorType.CPU, width);
                if (SeesPixels(operation))
                    yield return new KernelVariant(operation, KernelForm.InputSparse, AcceleratorType.CPU, width);
            }
        }

        // One text for all GPUs. Input-sparse for the CPUs that OpenCL offers: on a GPU the dense form's multiply-adds share
        // their loads eight ways, those of a form that skips zeros do not, and that eats what four skipped of five save.
        foreach (AcceleratorType accelerator in Accelerators.Where(accelerator => accelerator != AcceleratorType.CPU))
        {
            foreach (KernelOperation operation in Enum.GetValues<KernelOperation>())
            {
                yield return new KernelVariant(operation, Form(operation), accelerator, SimdWidth.V128);
                if (accelerator == AcceleratorType.OpenCL && SeesPixels(operation))
                    yield return new KernelVariant(operation, KernelForm.InputSparse, accelerator, SimdWidth.V128);
            }
        }
    }

    private static KernelForm Form(KernelOperation operation) =>
        operation is KernelOperation.SparseEvaluate or KernelOperation.SparseBackward or KernelOperation.SparseSaliency
            ? KernelForm.WeightSparse
            : KernelForm.Dense;

    private static bool SeesPixels(KernelOperation operation) =>
        operation is KernelOperation.HiddenForward or KernelOperation.HiddenBackward
            or KernelOperation.TrainEpoch or KernelOperation.Evaluate or KernelOperation.Saliency
            or KernelOperation.MaskedForward or KernelOperation.MaskedBackward or KernelOperation.MaskedTrainEpoch;
}
