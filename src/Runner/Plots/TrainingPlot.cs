using GpuMlp.Engine.Study;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>Training F1 epoch by epoch, with the spread over the seeds, and validation F1 where the run has it.</summary>
internal static class TrainingPlot
{
    private const int MostSizes = 5;

    public static StudyPlot? Of(StudyTables tables) => tables.Curves.Count > 0
        ? new StudyPlot(
            "training-curves",
            "C1",
            $"{What(tables)} F1 over the epochs by hidden size, one panel a task",
            () => Draw(tables))
        : null;

    private static string What(StudyTables tables) => tables.HasValidationCurves ? "Training and validation" : "Training";

    private static Figure Draw(StudyTables tables)
    {
        bool isValidated = tables.HasValidationCurves;
        Figure figure = new(
            "Training curves",
            $"F1 on the training images before each epoch{(isValidated ? "; dashed: on the validation images after it" : "")}. "
                + $"{Pick.Seeds(tables)} {Pick.Focus(tables)}", 3, 380, 290);
        IReadOnlyList<int> sizes = Evenly.Of([.. tables.Curves.Select(row => row.Hidden).Distinct().Order()], MostSizes);
        foreach (string task in Pick.Panels(tables))
        {
            Panel panel = figure.Add(task, "epoch", isValidated ? "F1" : "training F1");
            for (int i = 0; i < sizes.Count; i++)
            {
                CurveRow[] rows = [.. tables.Curves.Where(row => row.Task == task && row.Hidden == sizes[i])];
                SeriesStyle style = PlotTheme.Ordered(i, sizes.Count, $"H = {sizes[i]}").WithoutMarker();
                panel.Series(
                    style,
                    [.. rows.Select(row => (double)row.Epoch)], [.. rows.Select(row => row.MeanF1)],
                    [.. rows.Select(row => row.MinF1)], [.. rows.Select(row => row.MaxF1)]);
                CurveRow[] validated = [.. rows.Where(IsValidated)];
                if (validated.Length > 0)
                {
                    panel.Series(
                        style.Dashed() with { Name = "" },
                        [.. validated.Select(row => (double)row.Epoch)], [.. validated.Select(row => row.MeanValF1)]);
                }
            }

            panel.YRange(0, 1.02);
        }

        return figure;
    }

    private static bool IsValidated(CurveRow row) => double.IsFinite(row.MeanValF1);
}
