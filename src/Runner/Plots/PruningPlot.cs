using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// What pruning leaves of F1 by every ranking; of the study the levels that it reports and those that its code applied, in one plot.
/// </summary>
internal static class PruningPlot
{
    public static StudyPlot? Of(StudyTables tables) => Rows(tables).Length > 0
        ? new StudyPlot(
            "pruning",
            "C2",
            "Validation F1 over the share of weights pruned, by ranking, one panel a task"
                + (tables.Judges ? ", with the published levels on the left" : ""),
            () => Draw(tables))
        : null;

    private static PruningRow[] Rows(StudyTables tables) =>
        [.. (tables.Pruning ?? []).Where(row => tables.InFocus(row.Kind) && row.Kind.Hidden == tables.Shown.Hidden)];

    private static Figure Draw(StudyTables tables)
    {
        int size = tables.Shown.Hidden;
        PruningRow[] rows = Rows(tables);
        SparsityAxis axis = new(rows.Select(row => row.Sparsity));
        bool tiny = rows.Any(row => SparsityAxis.IsTiny(row.Sparsity));
        Figure figure = new(
            $"What pruning leaves of F1, H = {size}",
            $"Validation F1 of trained models, pruned in one shot. {Pick.Seeds(tables)} {Pick.Focus(tables)}"
            + (!tiny ? ""
                : tables.Judges
                    ? " Left of the break, by logarithm: the levels that the published code applied where its figure says 10 to 95 %."
                    : " Left of the break, by logarithm: levels below 1 %."),
            3, 380, 300);
        string[] methods = [.. rows.Select(row => row.Method).Distinct()];
        foreach (string task in Pick.Panels(tables).Where(task => rows.Any(row => row.Kind.Task == task)))
        {
            Panel panel = figure.Add(task, "weights pruned (%)", "validation F1");
            axis.Apply(panel);
            double dense = tables.FocusResults.Where(row => row.Kind.Task == task && row.Kind.Hidden == size && row.Ok)
                .Select(row => row.Validation.F1)
                .DefaultIfEmpty(double.NaN)
                .Average();
            for (int i = 0; i < methods.Length; i++)
            {
                SparsityAxis.Series(panel, PlotTheme.Method(methods[i]),
                    rows.Where(row => row.Kind.Task == task && row.Method == methods[i]).GroupBy(row => row.Sparsity)
                        .Select(level => (level.Key, Spread.Of(level.Select(row => row.ValF1)))));
            }

            if (double.IsFinite(dense))
                panel.Level(PlotTheme.Reference("not pruned"), dense);
            if (tables.ShowsStudy && double.IsFinite(dense) && task is StudyFigures.HardTask or StudyFigures.EasyTask)
            {
                panel.Series(
                    PlotTheme.Study("the study's claim at 95 %"),
                    [StudyFigures.Level],
                    [dense - (task == StudyFigures.HardTask ? Rules.KeptF1.Value : 0)]);
            }

            panel.YRange(0, 1.03);
        }

        return figure;
    }
}
