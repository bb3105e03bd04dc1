using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Plots;

/// <summary>Error and loss by hidden size under label noise, with the size from which on all labels are fitted.</summary>
internal static class DescentPlot
{
    // Two panels each.
    private const int MostTasks = Pick.MostPanels / 2, MostTicks = 11;

    public static StudyPlot? Of(StudyTables tables) => Descent.Of(tables) is { Count: > 0 } descents
        ? new StudyPlot(
            "double-descent",
            "C1",
            "Training and validation error and loss over the number of hidden units under label noise, one row a task",
            () => Draw(tables, descents))
        : null;

    private static Figure Draw(StudyTables tables, IReadOnlyList<Descent> descents)
    {
        Figure figure = new(
            "Error by hidden size under label noise",
            "Training figures are of the labels that are trained, noise and all; validation labels are the true ones. "
                + $"{Pick.Seeds(tables)} {Pick.Focus(tables)}",
            2, 520, 360);
        foreach (Descent descent in descents.Take(MostTasks))
        {
            Add("error", "share of wrong labels", size => size.ValError, size => size.TrainError);
            Add("loss", "cross-entropy (nats)", size => size.ValLoss, size => size.TrainLoss);

            void Add(string what, string unit, Func<SizeErrors, Spread> validation, Func<SizeErrors, Spread> training)
            {
                Panel panel = figure.Add($"{descent.Task}: {what}", "hidden units H", unit);
                double[] sizes = [.. descent.Sizes.Select(size => (double)size.Hidden)];
                panel.LogX(Ticks(sizes));
                Line(PlotTheme.Series(0, "validation"), validation);
                Line(PlotTheme.Series(1, "training"), training);
                if (descent.Threshold is { } threshold)
                    panel.Upright(PlotTheme.Reference($"training error {Descent.Fitted} from here on"), threshold);
                panel.YRange(0, 1.05 * descent.Sizes.Max(size => Math.Max(validation(size).Max, training(size).Max)));

                void Line(SeriesStyle style, Func<SizeErrors, Spread> of) => panel.Series(
                    style, sizes, [.. descent.Sizes.Select(size => of(size).Mean)], [.. descent.Sizes.Select(size => of(size).Min)],
                    [.. descent.Sizes.Select(size => of(size).Max)]);
            }
        }

        return figure;
    }

    // Sizes with room for their number between them on a logarithmic axis.
    private static List<double> Ticks(double[] sizes)
    {
        double room = Math.Log(sizes[^1] / sizes[0]) / MostTicks;
        List<double> shown = [];
        foreach (double size in sizes)
        {
            if (shown.Count == 0 || Math.Log(size / shown[^1]) >= room)
                shown.Add(size);
        }

        return shown;
    }
}
