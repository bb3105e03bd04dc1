using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Robustness;

/// <summary>Evaluates trained models on corrupted validation images. An image is corrupted once, for all models of the cohort.</summary>
internal static class CohortRobustness
{
    /// <param name="cohort">Trained; not changed.</param>
    /// <param name="spec">Corruptions.</param>
    /// <param name="cancel">Looked at between corruptions.</param>
    /// <returns>For each model of the cohort, one result a corruption, in the order of the spec.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static RobustnessRow[][] Evaluate(Cohort cohort, SweepSpec spec, CancellationToken cancel)
    {
        var results = new RobustnessRow[cohort.Models.Count][];
        for (int m = 0; m < results.Length; m++)
            results[m] = new RobustnessRow[spec.Corruptions.Count];
        if (spec.Corruptions.Count == 0)
            return results;

        // Numbers in the training file: the same image is corrupted in the same way in every split that it is in.
        SplitImages clean = SplitImages.Gather(cohort.Data, cohort.Split.Task, cohort.Split.Validation);
        using var source = new CorruptionSource(
            cohort.Launchers.Device, clean.Pixels, cohort.Data.Rows, cohort.Data.Columns, cohort.Split.Validation);
        for (int c = 0; c < spec.Corruptions.Count; c++)
        {
            cancel.ThrowIfCancellationRequested();
            Corruption corruption = spec.Corruptions[c];
            using DeviceImages images = cohort.Upload(new SplitImages(cohort.Launchers.Corrupt(source, corruption), clean.Labels));
            ModelEvaluation[] evaluations = cohort.Launchers.Evaluate(cohort.Device, images);
            for (int m = 0; m < results.Length; m++)
            {
                ReadOnlySpan<float> logits = evaluations[m].Logits.Span;
                Confusion counts = ModelMetrics.Count(logits, clean.Labels);
                results[m][c] = new RobustnessRow
                {
                    Key = cohort.Keys[m],
                    Corruption = CorruptionNames.Name(corruption.Kind),
                    Severity = corruption.Severity,
                    ValF1 = counts.F1,
                    ValAccuracy = counts.Accuracy,
                }.FailedUnless(ModelMetrics.AreFinite(logits));
            }
        }
        return results;
    }
}
