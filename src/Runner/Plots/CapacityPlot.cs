using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// F1 over the hidden size, a line a task: of the study best training F1 and, seed by seed, the printed curve; of other sweeps F1 on
/// validation and on training images.
/// </summary>
internal static class CapacityPlot
{
    public static StudyPlot? Of(StudyTables tables) => !tables.FocusResults.Any(row => row.Ok) ? null
        : !tables.Judges ? new StudyPlot("capacity", "C1", "Validation F1 and best training F1 over the number of hidden units, by task",
            () => DrawBoth(tables))
        : new StudyPlot("capacity", "C1", "Best training F1 over the number of hidden units, by task, and seed by seed on one task "
            + "beside the published curve", () => Draw(tables));

    private static Figure DrawBoth(StudyTables tables)
    {
        Figure figure = new(
            "F1 by hidden size", $"{Pick.Seeds(tables)} {Pick.Focus(tables)}", 2, 520, 380);
        double[] sizes = [.. Evenly.Of([.. tables.Hidden], 12).Select(size => (double)size)];
        double low = 1;
        List<Panel> panels = [];
        foreach ((string name, Func<ResultRow, double> f1) in new (string, Func<ResultRow, double>)[]
            { ("validation", row => row.Validation.F1), ("training, best epoch", row => row.BestTrainF1) })
        {
            Panel panel = figure.Add(name, "hidden units H", "F1");
            panel.LogX(sizes);
            int shown = 0;
            foreach (string task in Pick.Panels(tables))
            {
                var points = tables.FocusResults.Where(row => row.Kind.Task == task && row.Ok).GroupBy(row => row.Kind.Hidden)
                    .OrderBy(group => group.Key).Select(group => (H: (double)group.Key, F1: Spread.Of(group.Select(f1)))).ToList();
                panel.Series(
                    PlotTheme.Series(shown++, task), [.. points.Select(point => point.H)], [.. points.Select(point => point.F1.Mean)],
                    [.. points.Select(point => point.F1.Min)], [.. points.Select(point => point.F1.Max)]);
                low = points.Select(point => point.F1.Min).Append(low).Min();
            }

            if (tables.Target.Asked is { } asked)
                panel.Level(PlotTheme.Reference($"F1 = {NumberText.Number(asked)}: the target"), asked);
            panels.Add(panel);
        }

        // What is compared is drawn to one measure.
        foreach (Panel panel in panels)
            panel.YRange(Math.Max(0, low - 0.02), 1.005);
        return figure;
    }

    private static Figure Draw(StudyTables tables)
    {
        string hard = tables.Shown.Task;
        Figure figure = new(
            "Best training F1 by hidden size",
            $"Best training F1 over the epochs. Lines: median of {tables.Seeds} {(tables.Seeds == 1 ? "seed" : "seeds")}, band: smallest "
                + $"to largest. {Pick.Focus(tables)}",
            2, 520, 380);
        int[] sizes = [.. tables.Hidden];
        SeriesStyle mark = PlotTheme.Reference("F1 = 0.90: the task counts as learned");
        Panel all = figure.Add("all tasks", "hidden units H", "best training F1");
        all.LogX(Evenly.Of(sizes, 12).Select(size => (double)size));
        int shown = 0;
        foreach (string task in Pick.Panels(tables))
            Line(all, PlotTheme.Series(shown++, task), tables, task);
        all.Level(mark, Rules.LearnedF1.Value);
        Panel one = figure.Add($"{hard}, seed by seed", "hidden units H", "best training F1");
        one.LogX(Evenly.Of(sizes, 12).Select(size => (double)size));
        SeriesStyle style = PlotTheme.Series(Math.Max(0, Pick.Panels(tables).ToList().IndexOf(hard)), hard);
        ResultRow[] rows = [.. tables.FocusResults.Where(row => row.Kind.Task == hard && row.Ok)];
        one.Series(
            style with { Name = "one seed", Line = null, MarkerSize = 5 },
            [.. rows.Select(row => (double)row.Kind.Hidden)],
            [.. rows.Select(row => row.BestTrainF1)]);
        Line(one, style with { Name = hard, Marker = ScottPlot.MarkerShape.None }, tables, hard);
        if (tables.ShowsStudy && hard == StudyFigures.HardTask)
        {
            one.Series(
                PlotTheme.Study("the study's figure (read off, \u00b10.005)"),
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
