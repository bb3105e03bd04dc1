using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>Best training F1 over the hidden size, for each task and, seed by seed, beside the printed curve.</summary>
internal static class CapacityPlot
{
    public static StudyPlot? Of(StudyTables tables) => tables.FocusResults.Any(row => row.Ok)
        ? new StudyPlot("capacity", "C1", "Best training F1 over the number of hidden units, by task, and seed by seed on one task "
            + "beside the published curve", theme => Draw(theme, tables))
        : null;

    private static Figure Draw(PlotTheme theme, StudyTables tables)
    {
        string hard = tables.Shown.Task;
        Figure figure = new(
            theme,
            "Best training F1 by hidden size",
            $"Best training F1 over the epochs. Lines: median of {tables.Seeds} {(tables.Seeds == 1 ? "seed" : "seeds")}, band: smallest "
                + $"to largest. {Pick.Focus(tables)}",
            2, 520, 380);
        int[] sizes = [.. tables.Hidden];
        SeriesStyle mark = theme.Reference("F1 = 0.90: the task counts as learned");
        Panel all = figure.Add("all tasks", "hidden units H", "best training F1");
        all.LogX(Evenly.Of(sizes, 12).Select(size => (double)size));
        int shown = 0;
        foreach (string task in Pick.Panels(tables))
            Line(all, theme.Series(shown++, task), tables, task);
        all.Level(mark, Rules.LearnedF1.Value);
        Panel one = figure.Add($"{hard}, seed by seed", "hidden units H", "best training F1");
        one.LogX(Evenly.Of(sizes, 12).Select(size => (double)size));
        SeriesStyle style = theme.Series(Math.Max(0, Pick.Panels(tables).ToList().IndexOf(hard)), hard);
        ResultRow[] rows = [.. tables.FocusResults.Where(row => row.Kind.Task == hard && row.Ok)];
        one.Series(
            style with { Name = "one seed", Line = null, MarkerSize = 5 },
            [.. rows.Select(row => (double)row.Kind.Hidden)],
            [.. rows.Select(row => row.BestTrainF1)]);
        Line(one, style with { Name = hard, Marker = ScottPlot.MarkerShape.None }, tables, hard);
        if (tables.IsStudyData && hard == StudyFigures.HardTask)
        {
            one.Series(
                theme.Study("the study's figure (read off, \u00b10.005)"),
                [.. StudyFigures.BestTrainF1.Keys.Select(h => (double)h)],
                [.. StudyFigures.BestTrainF1.Values]);
        }

        one.Level(mark, Rules.LearnedF1.Value);
        return figure;
    }

    private static void Line(Panel panel, SeriesStyle style, StudyTables tables, string task)
    {
        var sizes = tables.FocusResults.Where(row => row.Kind.Task == task && row.Ok).GroupBy(row => row.Kind.Hidden)
            .OrderBy(group => group.Key)
            .Select(group => (H: (double)group.Key, Spread: Spread.Of(group.Select(row => row.BestTrainF1))))
            .ToList();
        panel.Series(
            style, [.. sizes.Select(size => size.H)], [.. sizes.Select(size => size.Spread.Median)],
            [.. sizes.Select(size => size.Spread.Min)], [.. sizes.Select(size => size.Spread.Max)]);
    }
}
