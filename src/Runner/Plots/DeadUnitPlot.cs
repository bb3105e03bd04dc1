using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Runner.Plots;

/// <summary>Units that do nothing any more, over sparsity, of three kinds.</summary>
internal static class DeadUnitPlot
{
    public static StudyPlot? Of(StudyTables tables) => tables.Pruning?.Any(row => tables.InFocus(row.Kind)) == true
        ? new StudyPlot(
            "dead-units",
            "C3",
            "Share of dead hidden units over the share of weights pruned, by ranking, one panel a kind",
            () => Draw(tables))
        : null;

    private static Figure Draw(StudyTables tables)
    {
        PruningRow[] rows = [.. tables.Pruning!.Where(row => tables.InFocus(row.Kind))];
        Figure figure = new(
            "Dead hidden units by share of weights pruned",
            $"Share of all hidden units, mean over {rows.Select(row => (row.Kind, row.Seed)).Distinct().Count()} models; band: the middle "
                + $"half of them. A unit without an output weight has no effect, whatever it sees; "
                + $"random takes as many of them as layer. {Pick.Focus(tables)}",
            3, 380, 300);
        SparsityAxis axis = new(rows.Select(row => row.Sparsity));
        (string Title, Func<PruningRow, int?> Dead)[] kinds =
        [
            ("inactive on every validation image", row => row.DeadInactive),
            ("no input weight left", row => row.DeadNoInput),
            ("no output weight left", row => row.DeadNoOutput),
        ];
        string[] methods = [.. rows.Select(row => row.Method).Distinct()];
        foreach ((string title, Func<PruningRow, int?> dead) in kinds)
        {
            Panel panel = figure.Add(title, "weights pruned (%)", "share of units (%)");
            axis.Apply(panel);
            for (int i = 0; i < methods.Length; i++)
            {
                SparsityAxis.Series(panel, Ranking(methods[i]),
                    rows.Where(row => row.Method == methods[i]).GroupBy(row => row.Sparsity)
                        .Select(level => (level.Key, MiddleHalf([.. level.Select(row => 100.0 * (dead(row) ?? 0) / row.Kind.Hidden)]))));
            }

            panel.YRange(-2, 103);
        }

        return figure;
    }

    // What lies on another line stays visible.
    private static SeriesStyle Ranking(string method) =>
        method == PruneMethod.Random.Name ? PlotTheme.Method(method).Dashed() : PlotTheme.Method(method);

    // The mean between the quartiles: smallest to largest would be 0 to 100 % everywhere.
    private static Spread MiddleHalf(double[] shares)
    {
        Array.Sort(shares);
        return Spread.Of(shares) with { Min = shares[shares.Length / 4], Max = shares[3 * shares.Length / 4] };
    }
}
