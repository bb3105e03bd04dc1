using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Prune;

namespace GpuMlp.Engine.Pruning;

/// <summary>Prunes trained models at every level of a sweep and evaluates what is left of them.</summary>
internal static class CohortPruning
{
    /// <param name="cohort">Trained; not changed.</param>
    /// <param name="spec">Methods and levels.</param>
    /// <param name="images">The validation images on the cohort's device.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="cancel">Looked at between levels.</param>
    /// <returns>For each model of the cohort, methods (outer) and levels (inner) in the order of the spec.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static PruningResult[][] Evaluate(Cohort cohort, SweepSpec spec, DeviceImages images, float[] labels, CancellationToken cancel)
    {
        int models = cohort.Models.Count;
        var results = new PruningResult[models][];
        for (int m = 0; m < models; m++)
            results[m] = new PruningResult[spec.Pruning.Count * spec.Sparsity.Count];
        if (spec.Pruning.Count == 0)
            return results;

        using DeviceCohort pruned = cohort.CreateTwin();
        using PruneRanks ranks = cohort.CreateRanks();
        int row = 0;
        foreach (PruneMethod method in spec.Pruning)
        {
            cohort.Launchers.PruneRank(cohort.Device, ranks, method);
            foreach (double sparsity in spec.Sparsity)
            {
                cancel.ThrowIfCancellationRequested();
                cohort.Launchers.Prune(cohort.Device, ranks, sparsity, pruned);
                ModelEvaluation[] evaluations = cohort.Launchers.Evaluate(pruned, images);
                ModelParameters[] parameters = pruned.Download();
                int place = row++;
                Parallel.For(0, models, m =>
                {
                    Metrics metrics = ModelMetrics.Compute(evaluations[m].Logits.Span, labels);
                    ZeroWeights zeros = ZeroWeights.Count(parameters[m]);
                    results[m][place] = new PruningResult(
                        method,
                        sparsity,
                        zeros.ShareW1,
                        zeros.ShareW2,
                        metrics.F1,
                        metrics.Auc,
                        metrics.Accuracy,
                        evaluations[m].Active.Count(active => active == 0),
                        zeros.UnitsWithoutInput,
                        zeros.UnitsWithoutOutput);
                });
            }
        }
        return results;
    }
}
