using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Pruning;

/// <summary>
/// Trains pruned models further under their masks: from the weights that they have (fine-tuning), or from the initial values
/// of the weights that are kept (the lottery ticket of Frankle and Carbin 2019). The mask is that of the trained model both times.
/// </summary>
internal static class CohortFinetuning
{
    /// <param name="cohort">Trained; not changed.</param>
    /// <param name="spec">Methods, levels, epochs and protocols.</param>
    /// <param name="initial">Parameters before training, in the cohort's order.</param>
    /// <param name="images">The validation images on the cohort's device.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="afterEpoch">Called with the cohort in training and its figures; null to go without.</param>
    /// <param name="cancel">Looked at between epochs.</param>
    /// <returns>For each model of the cohort: protocols (outer), methods and levels (inner) in the order of the spec.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static FinetuneRow[][] Evaluate(
        Cohort cohort,
        SweepSpec spec,
        IReadOnlyList<ModelParameters> initial,
        DeviceImages images,
        float[] labels,
        Action<DeviceCohort, IReadOnlyList<EpochMetrics>>? afterEpoch,
        CancellationToken cancel)
    {
        int models = cohort.Models.Count, levels = spec.Pruning.Count * spec.Sparsity.Count;
        FinetuneRow[][] results = [.. Enumerable.Range(0, models).Select(_ => new FinetuneRow[spec.FinetuneProtocols * levels])];
        if (spec.FinetuneProtocols == 0)
            return results;

        using DeviceCohort pruned = cohort.CreateTwin(withMask: true), start = cohort.CreateTwin();
        using PruneRanks ranks = cohort.CreateRanks();
        start.Upload(initial);
        int row = 0;
        foreach (PruneMethod method in spec.Pruning)
        {
            cohort.Launchers.PruneRank(cohort.Device, ranks, method);
            foreach (double sparsity in spec.Sparsity)
            {
                for (int protocol = 0; protocol < spec.FinetuneProtocols; protocol++)
                {
                    bool rewound = protocol == 1;
                    cohort.Launchers.Prune(rewound ? start : cohort.Device, ranks, sparsity, pruned);
                    var lossFailed = new bool[models];
                    for (int epoch = 0; epoch < spec.FinetuneEpochs; epoch++)
                    {
                        cancel.ThrowIfCancellationRequested();
                        IReadOnlyList<EpochMetrics> metrics = cohort.TrainEpoch(pruned);
                        for (int m = 0; m < models; m++)
                            lossFailed[m] |= !double.IsFinite(metrics[m].Loss);
                        afterEpoch?.Invoke(pruned, metrics);
                    }
                    PrunedFigures figures = PrunedFigures.Of(cohort, pruned, images, lossFailed);
                    int place = (protocol * levels) + row;
                    Parallel.For(0, models, m =>
                        results[m][place] = new FinetuneRow(
                            figures.Row(m, cohort.Keys[m], method, sparsity, labels),
                            rewound ? FinetuneRow.Rewind : FinetuneRow.Finetune,
                            spec.FinetuneEpochs));
                }
                row++;
            }
        }
        return results;
    }
}
