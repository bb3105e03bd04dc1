using GpuMlp.Engine.Embedding;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Training;

/// <summary>Trains a cohort, prunes copies of it and gathers everything that is known of its models.</summary>
public static class Trainer
{
    /// <param name="cohort">Freshly made; its weights are initialised here.</param>
    /// <param name="spec">How trained models are pruned.</param>
    /// <param name="afterEpoch">Called with the 1-based epoch and its figures, those of further training after pruning included; null to go without.</param>
    /// <param name="cancel">Looked at between epochs, levels of pruning, corruptions and steps of an embedding.</param>
    /// <returns>One result a model, in the cohort's order.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing of the cohort is kept.</exception>
    public static IReadOnlyList<ModelResult> Train(
        Cohort cohort, SweepSpec spec, Action<int, IReadOnlyList<EpochMetrics>>? afterEpoch, CancellationToken cancel)
    {
        int epochs = cohort.Variant.Epochs;
        IReadOnlyList<ModelParameters> initial = cohort.Initialize();
        var histories = cohort.Models.Select(_ => new List<EpochMetrics>(epochs)).ToArray();
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<EpochMetrics> metrics = cohort.TrainEpoch();
            for (int m = 0; m < histories.Length; m++)
                histories[m].Add(metrics[m]);
            afterEpoch?.Invoke(epoch, metrics);
        }
        return Collect(cohort, spec, initial, histories, metrics => afterEpoch?.Invoke(++epochs, metrics), cancel);
    }

    private static ModelResult[] Collect(
        Cohort cohort,
        SweepSpec spec,
        IReadOnlyList<ModelParameters> initial,
        List<EpochMetrics>[] histories,
        Action<IReadOnlyList<EpochMetrics>> afterEpoch,
        CancellationToken cancel)
    {
        ModelEvaluation[] train = cohort.EvaluateTrain();
        (DeviceImages images, float[] labels) = cohort.Upload(cohort.Split.Validation);
        ModelEvaluation[] validation;
        PruningRow[][] pruning;
        FinetuneRow[][] finetune;
        using (images)
        {
            validation = cohort.Launchers.Evaluate(cohort.Device, images);
            pruning = CohortPruning.Evaluate(cohort, spec, images, labels, cancel);
            finetune = CohortFinetuning.Evaluate(cohort, spec, initial, images, labels, (_, metrics) => afterEpoch(metrics), cancel);
        }
        RobustnessRow[][] robustness = CohortRobustness.Evaluate(cohort, spec, cancel);
        ModelEmbedding[] embeddings = CohortEmbedding.Embed(cohort, spec, cancel);
        SaliencyRow[][] similarity = CohortSimilarity.Evaluate(cohort, spec, cancel);
        ModelParameters[] parameters = cohort.Device.Download();
        var results = new ModelResult[cohort.Models.Count];
        Parallel.For(0, results.Length, m =>
        {
            ModelParameters p = parameters[m];
            ZeroWeights zeros = ZeroWeights.Count(p);
            (double bestF1, int bestEpoch) = Best(histories[m]);
            Metrics onTrain = ModelMetrics.Compute(train[m].Logits.Span, cohort.TrainLabels),
                onValidation = ModelMetrics.Compute(validation[m].Logits.Span, labels);

            // A logit that is not finite makes a loss that is not.
            bool sound = histories[m].All(e => double.IsFinite(e.Loss)) && WeightRange.Holds(p)
                && double.IsFinite(onTrain.Loss) && double.IsFinite(onValidation.Loss);
            var row = new ResultRow
            {
                Key = cohort.Keys[m],
                Train = onTrain,
                Validation = onValidation,
                BestTrainF1 = bestF1,
                BestTrainF1Epoch = bestEpoch,
                DeadInactive = validation[m].Active.Count(active => active == 0),
                DeadNoInput = zeros.UnitsWithoutInput,
                DeadNoOutput = zeros.UnitsWithoutOutput,
            };
            var result = new ModelResult(row, histories[m], p)
            {
                Pruning = pruning[m],
                Robustness = robustness[m],
                Finetune = finetune[m],
                Embedding = embeddings[m],
                Similarity = similarity[m],
            };
            results[m] = sound ? result : result.AsFailed();
        });
        return results;
    }

    private static (double F1, int Epoch) Best(List<EpochMetrics> history)
    {
        int best = 0;
        for (int e = 1; e < history.Count; e++)
        {
            if (history[e].F1 > history[best].F1)
                best = e;
        }
        return (history[best].F1, best + 1);
    }
}
