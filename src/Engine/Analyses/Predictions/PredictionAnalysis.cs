using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;

namespace GpuMlp.Engine.Analyses.Predictions;

/// <summary>Keeps what trained models say of every image, for questions that nobody asked when the sweep was planned.</summary>
internal sealed class PredictionAnalysis : IAnalysis
{
    // Of a training image: its validation is a quarter more, its test file perhaps as much again.
    private const double RowsPerImage = 1.5;

    // In Parquet, twice: in its unit file and in the table.
    private const double RowBytes = 2 * 7;

    public string Name => "predictions";

    public IReadOnlyList<Field<SweepSpec>> Fields => PredictionFields.All;

    // Thousands of rows a model that nobody reads as text.
    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<PredictionRow> { HasText = false }];

    public bool IsIn(SweepSpec spec) => spec.Predictions;

    public AnalysisCost CostOf(SweepSpec spec, int epochs) => new()
    {
        // Of the training images, which are four times as many, of the validation images and of as many test images.
        Forwards = 6,
        RowsPerImage = RowsPerImage * (spec.HasSoftmax ? spec.MostClasses : 1),
        DiskBytesPerImage = RowsPerImage * RowBytes * (spec.HasSoftmax ? spec.MostClasses : 1),
    };

    /// <summary>
    /// Rows: training images in the order of the split, then validation images, then test images by number; logits inside.
    /// </summary>
    public void Run(AnalysisRun run)
    {
        Cohort cohort = run.Cohort;
        int outputs = cohort.Outputs;
        List<PredictionRow>[] rows = [.. cohort.Models.Select(_ => new List<PredictionRow>())];
        run.Step(0, 3);
        Add(PredictionRow.Train, cohort.Split.Train, cohort.TrainLabels, cohort.EvaluateTrain());
        run.Step(1, 3);
        Add(
            PredictionRow.Validation, cohort.Split.Validation, cohort.Validation.Labels,
            cohort.Kernels.Evaluate(cohort.OnDevice, cohort.ValidationImages));
        run.Step(2, 3);
        if (cohort.EvaluateTest() is { } test)
            Add(PredictionRow.Test, SplitImages.TestOf(cohort.Data, cohort.Split.Task)!, test.Labels, test.Models);
        run.Add(rows);

        void Add(string part, int[] images, byte[] labels, ModelEvaluation[] models)
        {
            for (int m = 0; m < models.Length; m++)
            {
                ReadOnlySpan<float> logits = models[m].Logits.Span;
                for (int i = 0; i < logits.Length; i++)
                {
                    (int n, int output) = (i / outputs, i % outputs);
                    rows[m].Add(new PredictionRow
                    {
                        Part = part,
                        Image = images[n],
                        Label = labels[n],
                        Class = cohort.Split.Task.Classes[outputs == 1 ? 1 : output],
                        Logit = logits[i],
                    });
                }
            }
        }
    }
}
