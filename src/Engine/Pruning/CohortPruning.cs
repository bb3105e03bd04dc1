using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Pruning;

/// <summary>Prunes trained models at every level of a sweep and evaluates what is left of them.</summary>
internal static class CohortPruning
{
    // From here on skipping zero weights beats skipping zero pixels, of which MNIST has four fifths. The bits are the same.
    private const double WeightSparseFrom = 0.85;

    /// <param name="cohort">Trained; not changed.</param>
    /// <param name="spec">Methods and levels.</param>
    /// <param name="images">The validation images on the cohort's device.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="cancel">Looked at between levels.</param>
    /// <returns>For each model of the cohort, methods (outer) and levels (inner) in the order of the spec.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static PruningRow[][] Evaluate(Cohort cohort, SweepSpec spec, DeviceImages images, float[] labels, CancellationToken cancel)
    {
        int levels = spec.Sparsity.Count;
        PruningRow[][] results = [.. cohort.Models.Select(_ => new PruningRow[spec.Pruning.Count * levels])];
        if (spec.Pruning.Count == 0)
            return results;

        using DeviceCohort pruned = cohort.CreateTwin();
        using PruneRanks ranks = cohort.CreateRanks();
        using SparseCohort counted = cohort.CreateSparse(levels);
        using SparseLevels? sparse = SparseLevels.Create(cohort, [.. spec.Sparsity.Where(level => level >= WeightSparseFrom)]);
        for (int method = 0; method < spec.Pruning.Count; method++)
        {
            cohort.Launchers.PruneRank(cohort.Device, ranks, spec.Pruning[method]);
            WeightCounts[][] counts = cohort.Launchers.CountWeights(cohort.Device, ranks, spec.Sparsity, counted);
            var evaluations = new ModelEvaluation[levels][];
            ModelEvaluation[][] skipped = sparse?.Evaluate(cohort, ranks) ?? [];
            int next = 0;
            for (int level = 0; level < levels; level++)
            {
                cancel.ThrowIfCancellationRequested();
                if (spec.Sparsity[level] >= WeightSparseFrom)
                {
                    evaluations[level] = skipped[next++];
                    continue;
                }
                cohort.Launchers.Prune(cohort.Device, ranks, spec.Sparsity[level], pruned);
                evaluations[level] = cohort.Launchers.Evaluate(pruned, images);
            }
            int first = method * levels;
            Parallel.For(0, cohort.Models.Count * levels, item =>
            {
                int model = item / levels, level = item % levels;
                var figures = new PrunedFigures(evaluations[level], counts[level], cohort.Data.Inputs);
                results[model][first + level] = figures.Row(model, cohort.Keys[model], spec.Pruning[method], spec.Sparsity[level], labels);
            });
        }
        return results;
    }

    /// <summary>The levels that are evaluated over compressed weights, with their images.</summary>
    private sealed class SparseLevels(IReadOnlyList<double> levels, SparseCohort weights, DeviceImages images) : IDisposable
    {
        /// <returns>Null for no levels.</returns>
        public static SparseLevels? Create(Cohort cohort, IReadOnlyList<double> levels) => levels.Count == 0 ? null : new SparseLevels(
            levels,
            cohort.CreateSparse(levels.Count),
            cohort.Upload(SplitImages.Gather(cohort.Data, cohort.Split.Task, cohort.Split.Validation), KernelForm.WeightSparse));

        public ModelEvaluation[][] Evaluate(Cohort cohort, PruneRanks ranks)
        {
            cohort.Launchers.Compress(cohort.Device, ranks, levels, weights);
            return cohort.Launchers.Evaluate(weights, images);
        }

        public void Dispose()
        {
            weights.Dispose();
            images.Dispose();
        }
    }
}
