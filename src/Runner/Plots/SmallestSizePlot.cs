using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;
using ScottPlot;

namespace GpuMlp.Runner.Plots;

/// <summary>The smallest sufficient hidden size of each task, by both rules.</summary>
internal static class SmallestSizePlot
{
    public static StudyPlot? Of(StudyTables tables) => tables.Judges && tables.FocusResults.Any()
        ? new StudyPlot(
            "smallest-size",
            "C1",
            "The smallest sufficient number of hidden units by task, for every seed and for the median seed",
            () => Draw(tables))
        : null;

    private static Figure Draw(StudyTables tables)
    {
        IReadOnlyList<string> tasks = Evenly.Of(tables.Tasks, 16);
        Figure figure = new(
            "The smallest sufficient hidden size of each task",
            $"H*: the smallest H of this run with best training F1 > {Rules.LearnedF1.Number}, for the median seed and for every seed. A "
                + $"task without a mark reaches it at no size. {Pick.Focus(tables)}",
            1, 760, 300);
        Panel panel = figure.Add("", "task", "hidden units H*");
        double[] sizes = [.. tables.Hidden.Select(size => (double)size)];
        panel.LogY(sizes.Length <= 12 ? sizes : [.. Evenly.Of(sizes, 12)]);
        panel.XTicks(Enumerable.Range(0, tasks.Count).Select(i => (double)i), i => tasks[(int)i]);
        Marks("median seed", 0, Capacity.MedianSeed, -0.08);
        Marks("every seed", 1, Capacity.EverySeed, 0.08);
        panel.XRange(-0.6, tasks.Count - 0.4);
        panel.YRange(sizes[0] / 1.3, sizes[^1] * 1.4);
        return figure;

        void Marks(string name, int style, Func<IEnumerable<ResultRow>, int?> smallest, double shift)
        {
            int?[] needs = [.. tasks.Select(task => smallest(tables.FocusResults.Where(row => row.Kind.Task == task)))];
            panel.Series(
                PlotTheme.Series(style, name) with { Line = null, MarkerSize = 11 },
                [.. needs.Select((_, i) => i + shift)], [.. needs.Select(size => size ?? double.NaN)]);
            Alignment outwards = shift < 0 ? Alignment.MiddleRight : Alignment.MiddleLeft;
            for (int i = 0; i < needs.Length; i++)
            {
                if (needs[i] is { } size)
                    panel.Note($" {size} ", i + (2 * shift), size, PlotTheme.Text, outwards);
            }
        }
    }
}
