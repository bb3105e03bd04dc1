using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Pruning;

/// <summary>
/// One trained model at one level of pruning, without further training. Of one that failed, only what was asked for is known.
/// </summary>
/// <param name="Sparsity">The level asked for, 0..1.</param>
/// <param name="ZeroW1">Share of W1 that is zero, 0..1; counted, so ties and weights that were zero before are in it.</param>
/// <param name="ZeroW2">The same of w2.</param>
/// <param name="ValF1">On the validation images.</param>
/// <param name="DeadInactive">Hidden units that are 0 on every validation image.</param>
/// <param name="DeadNoInput">Hidden units without a non-zero input weight.</param>
/// <param name="DeadNoOutput">Hidden units whose output weight is zero.</param>
public readonly record struct PruningResult(
    PruneMethod Method,
    double Sparsity,
    double ZeroW1,
    double ZeroW2,
    double ValF1,
    double ValAuc,
    double ValAccuracy,
    int? DeadInactive,
    int? DeadNoInput,
    int? DeadNoOutput)
{
    /// <summary>False: the model failed, trained or pruned, and has no figures.</summary>
    public bool IsOk => double.IsFinite(ValF1);

    /// <summary>Without figures: a weight or a logit is not finite.</summary>
    public static PruningResult Failed(PruneMethod method, double sparsity) =>
        new(method, sparsity, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, null, null, null);
}
