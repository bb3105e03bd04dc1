using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>Whether larger models bear more pruning: F1 by hidden size, one panel a ranking, on the hard task.</summary>
internal static class PruningSizesPlot
{
    private const int MostSizes = 6;

    public static StudyPlot? Of(StudyTables tables) => Rows(tables).Length > 0 && tables.Hidden.Count > 1
        ? new StudyPlot(
            "pruning-sizes",
            "C2",
            "Validation F1 over the share of weights pruned, by hidden size, one panel a ranking",
            () => Draw(tables))
        : null;

    private static PruningRow[] Rows(StudyTables tables) =>
        [.. (tables.Pruning ?? []).Where(row => tables.InFocus(row.Kind) && row.Kind.Task == tables.Shown.Task
            && !SparsityAxis.IsTiny(row.Sparsity))];

    private static Figure Draw(StudyTables tables)
    {
        PruningRow[] rows = Rows(tables);
        Figure figure = new(
            $"Pruning by hidden size, {rows[0].Kind.Task}",
            $"Validation F1, one shot. Mean over the seeds. {Pick.Focus(tables)}", 2, 520, 310);
        IReadOnlyList<int> sizes = Evenly.Of([.. rows.Select(row => row.Kind.Hidden).Distinct().Order()], MostSizes);
        SparsityAxis axis = new(rows.Select(row => row.Sparsity));
        foreach (string method in rows.Select(row => row.Method).Distinct())
        {
            Panel panel = figure.Add($"ranking: {method}", "weights pruned (%)", "validation F1");
            axis.Apply(panel);
            for (int i = 0; i < sizes.Count; i++)
            {
                SparsityAxis.Series(panel, PlotTheme.Ordered(i, sizes.Count, $"H = {sizes[i]}"),
                    rows.Where(row => row.Method == method && row.Kind.Hidden == sizes[i]).GroupBy(row => row.Sparsity)
                        .Select(level => (level.Key, Spread.Of(level.Select(row => row.ValF1)))), band: false);
            }

            panel.YRange(0, 1.03);
        }

        return figure;
    }
}
