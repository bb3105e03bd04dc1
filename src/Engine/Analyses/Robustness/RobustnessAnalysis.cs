using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Robustness;

/// <summary>Evaluates trained models on corrupted validation images. An image is corrupted once, for all models of the cohort.</summary>
internal sealed class RobustnessAnalysis : IAnalysis
{
    private const int RowBytes = 90;

    public string Name => "robustness";

    public IReadOnlyList<Field<SweepSpec>> Fields => RobustnessFields.All;

    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<RobustnessRow>()];

    public bool IsIn(SweepSpec spec) => spec.Corruptions.Count > 0;

    public AnalysisCost CostOf(SweepSpec spec, int epochs) => new()
    {
        DenseForwards = spec.Corruptions.Count,
        Rows = spec.Corruptions.Count,
        DiskBytes = (long)RowBytes * spec.Corruptions.Count,
    };

    /// <summary>Rows: one a corruption, in the order of the spec.</summary>
    public void Run(AnalysisRun run)
    {
        (Cohort cohort, SweepSpec spec) = (run.Cohort, run.Spec);
        RobustnessRow[][] results = [.. cohort.Models.Select(_ => new RobustnessRow[spec.Corruptions.Count])];

        // Numbers in the training file: the same image is corrupted in the same way in every split that it is in.
        SplitImages clean = cohort.Validation;
        using var source = new CorruptionSource(
            cohort.Kernels.Device, clean.Pixels, cohort.Data.Rows, cohort.Data.Columns, cohort.Split.Validation);
        for (int c = 0; c < spec.Corruptions.Count; c++)
        {
            run.Step(c, spec.Corruptions.Count);
            Corruption corruption = spec.Corruptions[c];
            using DeviceImages images = cohort.Upload(new SplitImages(cohort.Kernels.Corrupt(source, corruption), clean.Labels));
            ModelEvaluation[] evaluations = cohort.Kernels.Evaluate(cohort.OnDevice, images);
            for (int m = 0; m < results.Length; m++)
            {
                ReadOnlySpan<float> logits = evaluations[m].Logits.Span;
                ClassFigures counts = ModelMetrics.Count(logits, clean.Labels, cohort.Outputs).Figures;
                results[m][c] = new RobustnessRow
                {
                    Key = cohort.Keys[m],
                    Corruption = corruption.Kind.Name,
                    Severity = corruption.Severity,
                    ValF1 = counts.F1,
                    ValAccuracy = counts.Accuracy,
                }.FailedUnless(ModelMetrics.AreFinite(logits));
            }
        }
        run.Add(results);
    }
}
