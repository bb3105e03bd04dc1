using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>Best training F1 by learning rate and hidden size.</summary>
internal static class RatePlot
{
    public static StudyPlot? Of(StudyTables tables) => Task(tables) is { } task
        ? new StudyPlot(
            "rates",
            "C7",
            $"Heat map of best training F1 by learning rate and hidden size, {task}",
            () => Draw(tables, task))
        : null;

    private static string? Task(StudyTables tables) => Rows(tables)
        .GroupBy(row => row.Kind.Task)
        .Where(group => group.Select(row => row.Kind.Rate).Distinct().Count() > 1)
        .Select(group => group.Key)
        .OrderBy(name => name != tables.Shown.Task)
        .FirstOrDefault();

    private static IEnumerable<ResultRow> Rows(StudyTables tables) => tables.Results.Where(row => row.Kind.How == tables.Shown.How);

    private static Figure Draw(StudyTables tables, string task)
    {
        ResultRow[] rows = [.. Rows(tables).Where(row => row.Kind.Task == task)];
        double[] rates = [.. rows.Select(row => row.Kind.Rate).Distinct().Order().Reverse()];
        IReadOnlyList<int> sizes = Evenly.Of([.. rows.Select(row => row.Kind.Hidden).Distinct().Order()], 16);
        double[,] f1 = new double[rates.Length, sizes.Count];
        for (int i = 0; i < rates.Length; i++)
        {
            for (int j = 0; j < sizes.Count; j++)
            {
                // A mean of the seeds that are left would flatter a rate at which others fail.
                f1[i, j] = rows.Where(row => row.Kind.Rate == rates[i] && row.Kind.Hidden == sizes[j])
                    .Select(row => row.Ok ? row.BestTrainF1 : double.NaN).DefaultIfEmpty(double.NaN).Average();
            }
        }

        double low = f1.Cast<double>().Where(double.IsFinite).DefaultIfEmpty().Min(),
            high = f1.Cast<double>().Where(double.IsFinite).DefaultIfEmpty().Max();
        string failed = rows.Any(row => !row.Ok) ? " An empty cell: a seed failed." : "";
        Figure figure = new(
            $"Best training F1 by learning rate and hidden size, {task}",
            $"Mean over the seeds ({tables.Seeds}) in each cell; bright is high.{failed}"
                + $"{(tables.Judges ? " The study tried rates up to 0.03." : "")} Trained with "
                + $"{tables.Shown.How}.",
            1, 820, 110 + (34 * rates.Length));
        figure.Add("", "hidden units H", "learning rate").Cells(
            f1, [.. rates.Select(NumberText.Number)], [.. sizes.Select(size => NumberText.Number(size))],
            value => high > low ? (value - low) / (high - low) : 0.5, (i, j) => FormattableString.Invariant($"{f1[i, j]:0.000}"));
        return figure;
    }
}
