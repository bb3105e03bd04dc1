using GpuMlp.Engine.Statistics;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// Levels of pruning on a broken axis: the tiny ones at which the published figure was measured by their logarithm on the
/// left, the true ones on a straight scale on the right. Without tiny levels it is the straight scale alone.
/// </summary>
internal sealed class SparsityAxis
{
    private const double Left = 0.34, Gap = 0.06, Smallest = 1e-3;

    private readonly bool _broken;

    /// <param name="levels">All that will be drawn; in any order, also twice.</param>
    public SparsityAxis(IEnumerable<double> levels)
    {
        ILookup<bool, double> tiny = levels.ToLookup(IsTiny);
        _broken = tiny.Contains(true) && tiny.Contains(false);
    }

    /// <summary>Below 1 %: what the code of the study applied.</summary>
    public static bool IsTiny(double level) => level is > 0 and < 0.01;

    public void Apply(Panel panel)
    {
        double[] tiny = [0.001, 0.003, 0.0095], straight = [0.1, 0.3, 0.5, 0.8, 0.95];
        panel.MapX(Place, [.. _broken ? tiny : [], .. straight], NumberText.Percent);
        if (_broken)
        {
            panel.Break(Left + (Gap / 2));
            panel.XRange(Smallest * 0.93, 1.015);
        }
        else
        {
            panel.XRange(0, 1.015);
        }
    }

    /// <summary>A line over the levels, broken where the axis is.</summary>
    /// <param name="band">Whether the spread is drawn: not where many lines cross.</param>
    public static void Series(Panel panel, SeriesStyle style, IEnumerable<(double Level, Spread F1)> points, bool band = true)
    {
        (double Level, Spread F1)[] sorted = [.. points.OrderBy(point => point.Level)];
        foreach (bool tiny in new[] { true, false })
        {
            (double Level, Spread F1)[] part = [.. sorted.Where(point => IsTiny(point.Level) == tiny)];
            if (part.Length > 0)
            {
                panel.Series(
                    style, [.. part.Select(point => point.Level)], [.. part.Select(point => point.F1.Mean)],
                    band ? [.. part.Select(point => point.F1.Min)] : null, band ? [.. part.Select(point => point.F1.Max)] : null);
            }
        }
    }

    private double Place(double level)
    {
        if (!_broken)
            return level;
        return IsTiny(level)
            ? Left * Math.Log10(level / Smallest)
            : Left + Gap + (level * (1 - Left - Gap));
    }
}
