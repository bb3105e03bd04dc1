using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>Prunes trained models at every level of a sweep and evaluates what is left of them.</summary>
internal sealed class PruningAnalysis : IAnalysis
{
    // From here on skipping zero weights beats skipping zero pixels, of which MNIST has four fifths. The bits are the same.
    private const double WeightSparseFrom = 0.85;

    /// <summary>Bytes of a row as text.</summary>
    public const int RowBytes = 150;

    public string Name => "pruning";

    public IReadOnlyList<Field<SweepSpec>> Fields => PruningFields.All;

    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<PruningRow>()];

    public bool IsIn(SweepSpec spec) => spec.Pruning.Count > 0;

    public AnalysisCost CostOf(SweepSpec spec, int epochs) => new()
    {
        Forwards = Levels(spec),
        Rows = Levels(spec),
        DiskBytes = (long)RowBytes * Levels(spec),
        Copies = 2,
    };

    /// <summary>Pruned copies of each model.</summary>
    public static int Levels(SweepSpec spec) => spec.Pruning.Count * spec.Sparsity.Count;

    public void Run(AnalysisRun run) => run.Add(Evaluate(run.Cohort, run.Spec, run.Step));

    /// <param name="step">Called between levels with how many are done, of how many.</param>
    /// <returns>The rows of each model: methods (outer) and levels (inner) in the order of the spec.</returns>
    internal static PruningRow[][] Evaluate(Cohort cohort, SweepSpec spec, Action<int, int> step)
    {
        int levels = spec.Sparsity.Count;
        PruningRow[][] results = [.. cohort.Models.Select(_ => new PruningRow[Levels(spec)])];
        using DeviceCohort pruned = cohort.CreateTwin();
        using PruneRanks ranks = cohort.CreateRanks();
        using SparseCohort counted = cohort.CreateSparse(levels);
        using SparseLevels? sparse = SparseLevels.Create(cohort, [.. spec.Sparsity.Where(level => level >= WeightSparseFrom)]);
        for (int method = 0; method < spec.Pruning.Count; method++)
        {
            cohort.Kernels.PruneRank(cohort.OnDevice, ranks, spec.Pruning[method]);
            WeightCounts[][] counts = cohort.Kernels.CountWeights(cohort.OnDevice, ranks, spec.Sparsity, counted);
            var evaluations = new ModelEvaluation[levels][];
            ModelEvaluation[][] skipped = sparse?.Evaluate(cohort, ranks) ?? [];
            int next = 0;
            for (int level = 0; level < levels; level++)
            {
                step((method * levels) + level, Levels(spec));
                if (spec.Sparsity[level] >= WeightSparseFrom)
                {
                    evaluations[level] = skipped[next++];
                    continue;
                }
                cohort.Kernels.Prune(cohort.OnDevice, ranks, spec.Sparsity[level], pruned);
                evaluations[level] = cohort.Kernels.Evaluate(pruned, cohort.ValidationImages);
            }
            int first = method * levels;
            Parallel.For(0, cohort.Models.Count * levels, item =>
            {
                int model = item / levels, level = item % levels;
                var figures = new PrunedFigures(evaluations[level], counts[level], cohort.Data.Inputs, cohort.OnDevice.Outputs);
                results[model][first + level] = figures.Row(
                    model,
                    cohort.Keys[model],
                    spec.Pruning[method],
                    spec.Sparsity[level],
                    cohort.Validation.Labels);
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
            cohort.Upload(cohort.Validation, KernelForm.WeightSparse));

        public ModelEvaluation[][] Evaluate(Cohort cohort, PruneRanks ranks)
        {
            cohort.Kernels.Compress(cohort.OnDevice, ranks, levels, weights);
            return cohort.Kernels.Evaluate(weights, images);
        }

        public void Dispose()
        {
            weights.Dispose();
            images.Dispose();
        }
    }
}
