using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Analyses.Similarity;
using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels;

/// <summary>
/// The one list of operations and so of kernel variants. Tests compare every supported one with the reference; perf times them.
/// </summary>
public static class KernelCatalog
{
    /// <summary>Everything that has kernels, in the order in which a run needs it.</summary>
    public static IReadOnlyList<Operation> Operations { get; } =
    [
        InitializeOperation.Instance,
        HiddenForwardOperation.Instance,
        DropoutOperation.Instance,
        OutputForwardOperation.Instance,
        OutputLossOperation.Instance,
        OutputBackwardOperation.Instance,
        HiddenBackwardOperation.Instance,
        UpdateOperation.Instance,
        TrainEpochOperation.Instance,
        CopyModelsOperation.Instance,
        EvaluateOperation.Instance,
        SaliencyOperation.Instance,
        SimilarityOperation.Instance,
        PruneRankOperation.Instance,
        PruneOperation.Instance,
        CorruptOperation.Instance,
        CompressOperation.Instance,
        SparseEvaluateOperation.Instance,
        SparseBackwardOperation.Instance,
        SparseSaliencyOperation.Instance,
        TsneDistancesOperation.Instance,
        TsneAffinitiesOperation.Instance,
        TsneSymmetrizeOperation.Instance,
        TsneForcesOperation.Instance,
        TsneStepOperation.Instance,
        TsneDivergenceOperation.Instance,
    ];

    /// <summary>Every variant there is, supported here or not.</summary>
    public static IReadOnlyList<KernelVariant> Variants { get; } = [.. Operations.SelectMany(KernelVariant.Of)];

    /// <summary>The variants of one operation that this machine's CPU runs.</summary>
    public static IEnumerable<KernelVariant> Of(Operation operation) =>
        Variants.Where(variant => variant.Operation == operation && variant.IsSupported);
}
