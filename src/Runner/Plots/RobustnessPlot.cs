using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>F1 under each corruption by severity and hidden size; of the study with its printed points.</summary>
internal static class RobustnessPlot
{
    private const int MostSizes = 5;

    public static StudyPlot? Of(StudyTables tables) => Rows(tables).Length > 0
        ? new StudyPlot(
            "robustness",
            "C4",
            "Validation F1 over the severity of each corruption, by hidden size" + (tables.ShowsStudy ? ", with the published points" : ""),
            () => Draw(tables))
        : null;

    private static RobustnessRow[] Rows(StudyTables tables) =>
        [.. (tables.Robustness ?? []).Where(row => tables.InFocus(row.Kind) && row.Kind.Task == tables.Shown.Task)];

    private static Figure Draw(StudyTables tables)
    {
        RobustnessRow[] rows = Rows(tables);
        string task = tables.Shown.Task;
        Figure figure = new(
            $"F1 on corrupted images, {task}",
            $"Validation F1; severity 0 is the clean image. Every model sees the same corrupted images. "
                + $"{Pick.Seeds(tables)} {Pick.Focus(tables)}",
            3, 380, 300);
        int[] all = [.. rows.Select(row => row.Kind.Hidden).Distinct().Order()];
        int[] studys = [.. StudyFigures.RobustSizes.Where(all.Contains)];
        IReadOnlyList<int> sizes = tables.Judges && studys.Length == StudyFigures.RobustSizes.Count
            ? [.. Evenly.Of([.. all.Where(size => size < studys[0])], 2), .. studys]
            : Evenly.Of(all, MostSizes);
        // What is compared is drawn to one measure.
        double low = rows.Where(row => sizes.Contains(row.Kind.Hidden)).Min(row => row.ValF1);
        foreach (string corruption in rows.Select(row => row.Corruption).Distinct())
        {
            Panel panel = figure.Add(corruption, CorruptionKind.Find(corruption)?.Axis ?? "severity", "validation F1");
            for (int i = 0; i < sizes.Count; i++)
            {
                var points = rows.Where(row => row.Corruption == corruption && row.Kind.Hidden == sizes[i])
                    .Select(row => (row.Severity, row.ValF1))
                    .Concat(tables.FocusResults.Where(row => row.Ok && row.Kind.Task == task && row.Kind.Hidden == sizes[i])
                        .Select(row => (Severity: 0.0, ValF1: row.Validation.F1)))
                    .GroupBy(row => row.Severity).OrderBy(group => group.Key)
                    .Select(group => (group.Key, F1: Spread.Of(group.Select(row => row.ValF1)))).ToList();
                panel.Series(
                    PlotTheme.Ordered(i, sizes.Count, $"H = {sizes[i]}"), [.. points.Select(point => point.Key)], [.. points.Select(
                        point => point.F1.Mean)],
                    [.. points.Select(point => point.F1.Min)], [.. points.Select(point => point.F1.Max)]);
            }

            if (tables.ShowsStudy && task == StudyFigures.HardTask)
                Printed(panel, corruption);
            panel.YRange(Math.Max(-0.02, low - 0.03), 1.005);
        }

        return figure;
    }

    private static void Printed(Panel panel, string corruption)
    {
        SeriesStyle style = PlotTheme.Study("the study's figures (H = 24 and 64)");
        if (corruption == "gaussian")
        {
            foreach (double[] f1 in StudyFigures.Gaussian.Values)
                panel.Series(style, StudyFigures.GaussianSigma, f1);
        }
        else if (corruption == "occlusion")
        {
            panel.Series(style, [.. StudyFigures.Occlusion.Select(_ => StudyFigures.OcclusionSide)], [.. StudyFigures.Occlusion.Values]);
        }
    }
}
