using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>What the figures of one level are made of: logits, active units, and how many weights are left, a model each.</summary>
internal sealed record PrunedFigures(ModelEvaluation[] Evaluations, WeightCounts[] Counts, int Inputs, int Outputs)
{
    // What pruning leaves of weights in range is in range; further training may lead out of it.
    private bool[] Failed { get; init; } = new bool[Counts.Length];

    /// <summary>Of models whose weights are what they are: pruned and trained further.</summary>
    /// <param name="lossFailed">Of each model: a loss of the further training was not finite.</param>
    public static PrunedFigures Of(Cohort cohort, DeviceCohort models, bool[] lossFailed)
    {
        ModelEvaluation[] evaluations = cohort.Kernels.Evaluate(models, cohort.ValidationImages);
        ModelParameters[] parameters = models.Download();
        return new PrunedFigures(evaluations, [.. parameters.Select(Count)], cohort.Data.Inputs, models.Outputs)
        {
            Failed = [.. parameters.Select((model, m) => lossFailed[m] || !WeightRange.Holds(model))],
        };
    }

    /// <summary>The row of one model.</summary>
    public PruningRow Row(int model, ModelKey key, PruneMethod method, double sparsity, byte[] labels)
    {
        ReadOnlySpan<float> logits = Evaluations[model].Logits.Span;

        // No loss: the table has none, and its exponentials and logarithms are no small part of the rest.
        ClassFigures counts = ModelMetrics.Count(logits, labels, Outputs).Figures;
        WeightCounts left = Counts[model];
        int[] active = Evaluations[model].Active;
        int hidden = active.Length, weights = Inputs * hidden, outputWeights = Outputs * hidden;
        return new PruningRow
        {
            Key = key,
            Method = method.Name,
            Sparsity = sparsity,
            ZeroW1 = (double)(weights - left.W1) / weights,
            ZeroW2 = (double)(outputWeights - left.W2) / outputWeights,
            WeightsLeft = left.W1 + left.W2,
            ValF1 = counts.F1,
            ValAuc = ModelMetrics.Auc(logits, labels, Outputs),
            ValAccuracy = counts.Accuracy,
            DeadInactive = active.Count(0),
            DeadNoInput = left.UnitsWithoutInput,
            DeadNoOutput = left.UnitsWithoutOutput,
        }.FailedUnless(!Failed[model] && ModelMetrics.AreFinite(logits));
    }

    private static WeightCounts Count(ModelParameters model)
    {
        ZeroWeights zeros = ZeroWeights.Count(model);
        return new WeightCounts(
            model.W1.Length - zeros.CountW1, model.W2.Length - zeros.CountW2, zeros.UnitsWithoutInput, zeros.UnitsWithoutOutput);
    }
}
