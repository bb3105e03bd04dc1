using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>
/// Trains pruned models further under their masks: from the weights that they have (fine-tuning), or from the initial values
/// of the weights that are kept (the lottery ticket of Frankle and Carbin 2019). The mask is that of the trained model both times.
/// After rewinding optimisers remember nothing and schedules of rates begin again; fine-tuning goes on with what they remember of the
/// trained model, at the last epoch's rates.
/// </summary>
internal sealed class FinetuningAnalysis : IAnalysis
{
    public string Name => "finetuning";

    public IReadOnlyList<string> Needs => ["pruning"];

    public IReadOnlyList<Field<SweepSpec>> Fields => FinetuningFields.All;

    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<FinetuneRow>()];

    public bool IsIn(SweepSpec spec) => spec.FinetuneProtocols > 0;

    public AnalysisCost CostOf(SweepSpec spec, int epochs)
    {
        int rows = spec.FinetuneProtocols * PruningAnalysis.Levels(spec);
        return new AnalysisCost
        {
            Epochs = (long)spec.FinetuneEpochs * rows,

            // Beside those of pruning.
            Rows = rows + PruningAnalysis.Levels(spec),
            DiskBytes = (long)PruningAnalysis.RowBytes * rows,

            // Masks are the third.
            Copies = 3,
        };
    }

    public void Run(AnalysisRun run) => run.Add(
        Evaluate(run.Cohort, run.Spec, (_, metrics) => run.AfterEpoch(metrics), run.Step));

    /// <param name="afterEpoch">Called with the models in training and their figures.</param>
    /// <param name="step">Called between epochs with how many are done, of how many.</param>
    /// <returns>The rows of each model: protocols (outer), methods and levels (inner) in the order of the spec.</returns>
    internal static FinetuneRow[][] Evaluate(
        Cohort cohort, SweepSpec spec, Action<DeviceCohort, IReadOnlyList<EpochMetrics>> afterEpoch, Action<int, int> step)
    {
        int models = cohort.Models.Count, levels = PruningAnalysis.Levels(spec);
        FinetuneRow[][] results = [.. Enumerable.Range(0, models).Select(_ => new FinetuneRow[spec.FinetuneProtocols * levels])];
        using DeviceCohort pruned = cohort.CreateTwin(withMask: true, trains: true), start = cohort.CreateTwin();
        using PruneRanks ranks = cohort.CreateRanks();
        cohort.Initialize(start);
        int row = 0, epochs = 0;
        foreach (PruneMethod method in spec.Pruning)
        {
            cohort.Kernels.PruneRank(cohort.OnDevice, ranks, method);
            foreach (double sparsity in spec.Sparsity)
            {
                for (int protocol = 0; protocol < spec.FinetuneProtocols; protocol++)
                {
                    bool rewound = protocol == 1;
                    cohort.Kernels.Prune(rewound ? start : cohort.OnDevice, ranks, sparsity, pruned);
                    if (rewound)
                        pruned.ResetSteps();
                    else
                        pruned.CopySteps(cohort.OnDevice);
                    var lossFailed = new bool[models];
                    for (int epoch = 0; epoch < spec.FinetuneEpochs; epoch++)
                    {
                        step(epochs++, results[0].Length * spec.FinetuneEpochs);
                        IReadOnlyList<EpochMetrics> metrics = cohort.TrainEpoch(pruned, rewound ? epoch : cohort.Variant.Epochs + epoch);
                        for (int m = 0; m < models; m++)
                            lossFailed[m] |= !double.IsFinite(metrics[m].Loss);
                        afterEpoch(pruned, metrics);
                    }
                    PrunedFigures figures = PrunedFigures.Of(cohort, pruned, lossFailed);
                    int place = (protocol * levels) + row;
                    Parallel.For(0, models, m =>
                        results[m][place] = new FinetuneRow(
                            figures.Row(m, cohort.Keys[m], method, sparsity, cohort.Validation.Labels),
                            rewound ? FinetuneRow.Rewind : FinetuneRow.Finetune,
                            spec.FinetuneEpochs));
                }
                row++;
            }
        }
        return results;
    }
}
