using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>F1 by the weights that rounds of pruning have left: tickets beside the same mask over other weights and random masks.</summary>
internal static class TicketPlot
{
    // F1 below which a panel shows no more: what has failed to learn would flatten the rest.
    private const double Lowest = 0.5, Step = 0.02;

    public static StudyPlot? Of(StudyTables tables) => Kinds(tables).Count > 0
        ? new StudyPlot(
            "tickets",
            "C2",
            "Validation F1 over the weights left by rounds of pruning: tickets, their masks over other weights, and random masks; one "
                + "panel a task and hidden size",
            () => Draw(tables))
        : null;

    private static IReadOnlyList<ModelKind> Kinds(StudyTables tables) => Evenly.Of(
        [
            .. (tables.Tickets ?? []).Select(row => row.Kind).Where(tables.InFocus).Distinct()
                .OrderBy(kind => tables.Tasks.ToList().IndexOf(kind.Task)).ThenBy(kind => kind.Hidden),
        ],
        Pick.MostPanels);

    private static Figure Draw(StudyTables tables)
    {
        TicketRow[] rows = [.. tables.Tickets!.Where(row => tables.InFocus(row.Kind))];
        Figure figure = new(
            "F1 by weights left after rounds of pruning",
            $"Validation F1; every round prunes, rewinds and trains {rows.Max(row => row.Round == 0 ? 0 : row.TrainedEpochs)} epochs. "
                + $"Ranking: {rows[0].Method}. {Pick.Seeds(tables)} {Pick.Focus(tables)}",
            3, 380, 300);
        foreach (ModelKind kind in Kinds(tables))
        {
            TicketRow[] own = [.. rows.Where(row => row.Kind == kind && row.WeightsLeft > 0)];
            Panel panel = figure.Add($"{kind.Task}, H = {kind.Hidden}", "weights left", "validation F1");
            double most = own.Max(row => row.WeightsLeft!.Value), least = own.Min(row => row.WeightsLeft!.Value);
            panel.LogX(
                from power in Enumerable.Range(0, 9)
                from digit in new[] { 1, 2, 5 }
                let tick = digit * Math.Pow(10, power)
                where tick >= least / 1.2 && tick <= most * 1.2
                select tick);
            double low = 1, high = 0;
            for (int i = 0; i < TicketSummary.Controls.Count; i++)
            {
                string control = TicketSummary.Controls[i];

                // Every line begins at the unpruned model.
                (double Left, Spread F1)[] line =
                [
                    .. own.Where(row => row.Round == 0 || row.Control == control).GroupBy(row => row.Round)
                        .Select(round => (round.Average(row => (double)row.WeightsLeft!.Value), Spread.Of(round.Select(row => row.ValF1))))
                        .OrderBy(point => point.Item1),
                ];
                panel.Series(
                    PlotTheme.Series(i, Name(control)), [.. line.Select(point => point.Left)], [.. line.Select(point => point.F1.Mean)],
                    [.. line.Select(point => point.F1.Min)], [.. line.Select(point => point.F1.Max)]);
                low = Math.Min(low, line.Min(point => point.F1.Mean));
                high = Math.Max(high, line.Max(point => point.F1.Max));
            }

            double dense = own.Where(row => row.Round == 0).Select(row => row.ValF1).DefaultIfEmpty(double.NaN).Average();
            if (double.IsFinite(dense))
                panel.Level(PlotTheme.Reference("not pruned"), dense);
            panel.YRange(Math.Max(Lowest, Step * (Math.Floor(low / Step) - 1)), Math.Min(1.005, high + Step));
        }

        return figure;
    }

    private static string Name(string control) => control switch
    {
        TicketRow.Ticket => "ticket: rewound weights",
        TicketRow.Reinit => "reinit: other weights, same mask",
        _ => "random: rewound weights, random mask",
    };
}
