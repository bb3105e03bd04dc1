using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// Whether a large model that is pruned beats a small one with as many weights: F1 by the number of weights left, a line for each hidden
/// size, on the hard task.
/// </summary>
internal static class WeightsLeftPlot
{
    private const int MostSizes = 7;

    public static StudyPlot? Of(StudyTables tables) => Rows(tables).Length > 0 && tables.Hidden.Count > 1
        ? new StudyPlot(
            "weights-left",
            "C2",
            "Validation F1 over the number of weights that pruning left, by hidden size, one panel a ranking",
            () => Draw(tables))
        : null;

    private static PruningRow[] Rows(StudyTables tables) =>
    [
        .. (tables.Pruning ?? []).Where(row =>
            row.Ok && row.WeightsLeft > 0 && tables.InFocus(row.Kind) && row.Kind.Task == tables.Shown.Task
                && !SparsityAxis.IsTiny(row.Sparsity)),
    ];

    private static Figure Draw(StudyTables tables)
    {
        PruningRow[] rows = Rows(tables);
        Figure figure = new(
            $"F1 by weights left, {tables.Shown.Task}",
            $"Validation F1, pruned in one shot; the right end of a line is its least pruned model. "
                + $"Mean over the seeds. {Pick.Focus(tables)}",
            2,
            520,
            310);
        IReadOnlyList<int> sizes = Evenly.Of([.. rows.Select(row => row.Kind.Hidden).Distinct().Order()], MostSizes);
        double[] left = [.. rows.Select(row => (double)row.WeightsLeft!.Value)];
        double[] decades = [.. Enumerable.Range(0, 9).Select(power => Math.Pow(10, power))
            .Where(tick => tick >= left.Min() / 10 && tick <= left.Max() * 10)];
        foreach (string method in rows.Select(row => row.Method).Distinct())
        {
            Panel panel = figure.Add($"ranking: {method}", "weights left", "validation F1");
            panel.LogX(decades);
            for (int i = 0; i < sizes.Count; i++)
            {
                // Models of a size have about as many weights left at a level, so their mean is one point.
                var levels = rows.Where(row => row.Method == method && row.Kind.Hidden == sizes[i]).GroupBy(row => row.Sparsity)
                    .Select(level => (Left: level.Average(row => (double)row.WeightsLeft!.Value), F1: Spread.Of(
                        level.Select(row => row.ValF1)).Mean))
                    .OrderBy(level => level.Left).ToList();
                panel.Series(
                    PlotTheme.Ordered(i, sizes.Count, $"H = {sizes[i]}"), [.. levels.Select(level => level.Left)], [.. levels.Select(
                        level => level.F1)]);
            }

            panel.YRange(0, 1.03);
        }

        return figure;
    }
}
