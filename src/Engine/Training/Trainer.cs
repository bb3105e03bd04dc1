using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Training;

/// <summary>Trains a cohort and evaluates its models.</summary>
public static class Trainer
{
    /// <param name="cohort">Freshly made; its weights are initialised here.</param>
    /// <param name="validateEvery">After so many epochs each, and after the last one, the models are evaluated on the validation images;
    /// 0 for after training alone.</param>
    /// <param name="afterEpoch">Called with the figures of each epoch; null to go without.</param>
    /// <param name="cancel">Looked at between epochs.</param>
    /// <returns>One result a model, in the cohort's order, with its history.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing of the cohort is kept.</exception>
    public static ModelResult[] Train(
        Cohort cohort, int validateEvery, Action<IReadOnlyList<EpochMetrics>>? afterEpoch, CancellationToken cancel)
    {
        int epochs = cohort.Variant.Epochs;
        cohort.Initialize();
        using EarlyStopping? stopping = cohort.Models.Any(model => model.Training.Patience > 0) ? new(cohort) : null;
        var histories = cohort.Models.Select(_ => new List<EpochMetrics>(epochs)).ToArray();
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<EpochMetrics> metrics = cohort.TrainEpoch(epoch);
            bool validates = validateEvery > 0 && ((epoch + 1) % validateEvery == 0 || epoch + 1 == epochs);
            if (validates)
                metrics = cohort.WithValidation(metrics);
            for (int m = 0; m < histories.Length; m++)
            {
                if (stopping?.Stopped[m] is null)
                    histories[m].Add(metrics[m]);
            }

            if (validates)
                stopping?.Take(epoch + 1, metrics);
            afterEpoch?.Invoke(metrics);
            if (stopping?.IsOver == true)
                break;
        }

        stopping?.Finish(epochs);
        return Evaluate(cohort, histories, stopping);
    }

    private static ModelResult[] Evaluate(Cohort cohort, List<EpochMetrics>[] histories, EarlyStopping? stopping)
    {
        ModelEvaluation[] train = cohort.EvaluateTrain(), validation = cohort.Kernels.Evaluate(cohort.OnDevice, cohort.ValidationImages);
        ModelParameters[] parameters = cohort.OnDevice.Download();
        float[][] states = cohort.OnDevice.DownloadStates();
        byte[] labels = cohort.Validation.Labels;
        (ModelEvaluation[] Models, byte[] Labels)? test = cohort.EvaluateTest();
        var results = new ModelResult[cohort.Models.Count];
        Parallel.For(0, results.Length, m =>
        {
            ModelParameters p = parameters[m];
            ZeroWeights zeros = ZeroWeights.Count(p);
            (double bestF1, int bestEpoch) = Best(histories[m]);
            Metrics onTrain = ModelMetrics.Compute(train[m].Logits.Span, cohort.TrainLabels, cohort.Outputs),
                onValidation = ModelMetrics.Compute(validation[m].Logits.Span, labels, cohort.Outputs);

            // A logit that is not finite makes a loss that is not.
            bool sound = histories[m].All(e => double.IsFinite(e.Loss)) && WeightRange.Holds(p)
                && double.IsFinite(onTrain.Loss) && double.IsFinite(onValidation.Loss);
            var row = new ResultRow
            {
                Key = cohort.Keys[m],
                Train = onTrain,
                Validation = onValidation,
                Test = test is { } on ? ModelMetrics.Compute(on.Models[m].Logits.Span, on.Labels, cohort.Outputs) : Metrics.None,
                BestTrainF1 = bestF1,
                BestTrainF1Epoch = bestEpoch,
                LearnedEpoch = histories[m].FindIndex(epoch => epoch.F1 > ResultRow.LearnedF1) is >= 0 and var before ? before + 1 : null,
                DeadInactive = validation[m].Active.Count(active => active == 0),
                DeadNoInput = zeros.UnitsWithoutInput,
                DeadNoOutput = zeros.UnitsWithoutOutput,
                BestEpoch = stopping?.BestEpochs[m],
                StoppedEpoch = stopping?.Stopped[m],
            };

            // A model that stopped has a row for every epoch all the same, as beside others that go on.
            List<EpochMetrics> history = histories[m];
            if (history.Count < cohort.Variant.Epochs)
            {
                EpochMetrics none = Schema<EpochMetrics>.WithoutFigures(history[^1]);
                history = [.. history, .. Enumerable.Repeat(none, cohort.Variant.Epochs - history.Count)];
            }

            RowLists rows = RowLists.None.With<EpochMetrics>(history);
            if (cohort.Outputs > 1)
                rows = ClassRows.Add(rows, cohort.Keys[m], cohort.Split.Task, validation[m].Logits.Span, labels);
            var result = new ModelResult(row, rows, p) { State = states[m] };
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
