using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Plots;

/// <summary>How like the dense model's maps those of the pruned models are, above the floor of a re-initialised model.</summary>
internal static class SaliencyPlot
{
    private const string Floor = SaliencyRow.Reinitialised;

    public static StudyPlot? Of(StudyTables tables) => tables.Saliency?.Any(row => tables.InFocus(row.Kind) && row.Pruning != Floor) == true
        ? new StudyPlot("saliency-similarity", "C5", "Similarity of saliency maps of pruned and dense models over the share of weights "
            + "pruned, by ranking, with the floor of a re-initialised model", () => Draw(tables))
        : null;

    private static Figure Draw(StudyTables tables)
    {
        SaliencyRow[] rows = [.. tables.Saliency!.Where(row => tables.InFocus(row.Kind))];
        int models = rows.Select(row => (row.Kind, row.Seed)).Distinct().Count();
        Figure figure = new(
            "Do saliency maps survive pruning?",
            $"Spearman correlation of a pruned model's map with the dense model's: mean over images and {models} models. A map that is no "
                + $"closer than that of a re-initialised model says nothing. {Pick.Focus(tables)}",
            3, 380, 300);
        SparsityAxis axis = new(rows.Where(row => row.Pruning != Floor).Select(row => row.Sparsity));
        string[] rankings = [.. rows.Where(row => row.Pruning != Floor).Select(row => row.Pruning).Distinct()];
        ILookup<(string Method, string Pruning), SaliencyRow> maps = rows.ToLookup(row => (row.Method, row.Pruning));
        foreach (string method in maps.Select(own => own.Key.Method).Distinct())
        {
            Panel panel = figure.Add(method, "weights pruned (%)", "Spearman, 1 = same map");
            axis.Apply(panel);
            for (int i = 0; i < rankings.Length; i++)
            {
                SparsityAxis.Series(panel, PlotTheme.Method(rankings[i]),
                    maps[(method, rankings[i])].GroupBy(row => row.Sparsity)
                        .Select(level => (level.Key, Spread.Of(level.Select(row => row.Spearman)))), band: false);
            }

            if (maps.Contains((method, Floor)))
            {
                double bottom = maps[(method, Floor)].Average(row => row.Spearman);
                panel.Level(PlotTheme.Reference("re-initialised model"), bottom);
                if (!tables.Judges)
                {
                    panel.YRange(-0.05, 1.03);
                    continue;
                }

                panel.Level(
                    PlotTheme.Reference("half way to the same map: the rule") with { Line = ScottPlot.LinePattern.Dashed },
                    (1 + bottom) / 2);
            }

            panel.YRange(-0.05, 1.03);
        }

        return figure;
    }
}
