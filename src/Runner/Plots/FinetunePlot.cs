using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Runner.Plots;

/// <summary>What further training gives back to pruned models.</summary>
internal static class FinetunePlot
{
    public static StudyPlot? Of(StudyTables tables) => Rows(tables).Length > 0
        ? new StudyPlot(
            "finetune",
            "C2",
            "Validation F1 over the share of weights pruned: one shot, fine-tuned, and rewound, one panel a ranking",
            () => Draw(tables))
        : null;

    private static FinetuneRow[] Rows(StudyTables tables) => [.. (tables.Finetune ?? []).Where(row => row.Kind == tables.Shown)];

    private static Figure Draw(StudyTables tables)
    {
        FinetuneRow[] rows = Rows(tables);
        ModelKind kind = rows[0].Kind;
        Figure figure = new(
            $"Training after pruning, {kind.Task}, H = {kind.Hidden}",
            $"Validation F1; the mask is kept. {Pick.Seeds(tables)} {Pick.Focus(tables)}", 2, 520, 310);
        SparsityAxis axis = new(rows.Select(row => row.Sparsity));
        foreach (string method in rows.Select(row => row.Method).Distinct())
        {
            Panel panel = figure.Add($"ranking: {method}", "weights pruned (%)", "validation F1");
            axis.Apply(panel);
            SparsityAxis.Series(panel, PlotTheme.Series(0, "one shot"),
                (tables.Pruning ?? []).Where(
                    row => row.Kind == kind && row.Method == method && rows.Any(other => other.Sparsity == row.Sparsity))
                    .GroupBy(row => row.Sparsity).Select(level => (level.Key, Spread.Of(level.Select(row => row.ValF1)))));
            int shown = 1;
            foreach (var protocol in rows.Where(row => row.Method == method).GroupBy(row => (row.Protocol, row.FinetuneEpochs)))
            {
                SparsityAxis.Series(panel, PlotTheme.Series(shown++, $"{protocol.Key.Protocol}, {protocol.Key.FinetuneEpochs} epochs"),
                    protocol.GroupBy(row => row.Sparsity).Select(level => (level.Key, Spread.Of(level.Select(row => row.ValF1)))));
            }

            panel.YRange(0, 1.03);
        }

        return figure;
    }
}
