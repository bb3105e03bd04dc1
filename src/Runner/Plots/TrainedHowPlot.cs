using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>What the ways to train of a run are worth: validation F1 by hidden size, a line a way, one panel a task.</summary>
internal static class TrainedHowPlot
{
    private const int MostLines = 7;

    public static StudyPlot? Of(StudyTables tables) => tables.Variants.Count > 1 && Rows(tables).Length > 0
        ? new StudyPlot(
            "trainings",
            "C1",
            "Validation F1 over the number of hidden units, a line for each way to train, one panel a task",
            () => Draw(tables))
        : null;

    private static ResultRow[] Rows(StudyTables tables) =>
        [.. tables.Results.Where(row => row.Ok && row.Kind.Rate == tables.Shown.Rate)];

    private static Figure Draw(StudyTables tables)
    {
        ResultRow[] rows = Rows(tables);
        IReadOnlyList<TrainedHow> variants = Evenly.Of(tables.Variants, MostLines);
        string left = variants.Count == tables.Variants.Count ? ""
            : $" {variants.Count} of {tables.Variants.Count} ways; results.csv has all.";
        Figure figure = new(
            "Validation F1 by way to train",
            $"{Pick.Seeds(tables)} Learning rate {NumberText.Number(tables.Shown.Rate)}{Pick.SameTraining(tables)}.{left}", 3, 380, 310);
        double low = rows.Where(row => variants.Contains(row.Kind.How)).Min(row => row.Validation.F1);
        foreach (string task in Pick.Panels(tables))
        {
            Panel panel = figure.Add(task, "hidden units H", "validation F1");
            panel.LogX(Evenly.Of([.. tables.Hidden], 8).Select(size => (double)size));
            for (int i = 0; i < variants.Count; i++)
            {
                var points = rows.Where(row => row.Kind.Task == task && row.Kind.How == variants[i]).GroupBy(row => row.Kind.Hidden)
                    .OrderBy(size => size.Key)
                    .Select(size => (H: (double)size.Key, F1: Spread.Of(size.Select(row => row.Validation.F1)))).ToList();
                panel.Series(
                    PlotTheme.Series(i, Pick.Training(tables, variants[i])), [.. points.Select(point => point.H)],
                    [.. points.Select(point => point.F1.Mean)],
                    [.. points.Select(point => point.F1.Min)], [.. points.Select(point => point.F1.Max)]);
            }

            panel.YRange(Math.Max(0, low - 0.02), 1.005);
        }

        return figure;
    }
}
