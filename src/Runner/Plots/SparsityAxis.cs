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

    // Nearer than this share of the axis two numbers would touch.
    private const double Room = 0.055;

    // What people look for first has its number first; then the ends, then what is left.
    private static readonly double[] s_first = [0.95, 0.99, 0.5, 0.1, 0.8, 0.3, 0.9];

    private readonly bool _broken;
    private readonly double[] _levels;

    /// <param name="levels">All that will be drawn; in any order, also twice.</param>
    public SparsityAxis(IEnumerable<double> levels)
    {
        _levels = [.. levels.Distinct().Order()];
        ILookup<bool, double> tiny = _levels.ToLookup(IsTiny);
        _broken = tiny.Contains(true) && tiny.Contains(false);
    }

    /// <summary>Below 1 %: what the code of the study applied.</summary>
    public static bool IsTiny(double level) => level is > 0 and < 0.01;

    public void Apply(Panel panel)
    {
        HashSet<double> lower = [];
        panel.MapX(Place, Ticks(lower), level => (lower.Contains(level) ? "\n" : "") + NumberText.Percent(level));
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

    /// <summary>
    /// Levels of the run that have a number at the axis, ascending: as many as have room in a line; those above 90 % that have none, such
    /// as 99 % beside 95 %, stand in a second one.
    /// </summary>
    private List<double> Ticks(HashSet<double> lower)
    {
        List<double> shown = [];
        IEnumerable<double> levels = s_first.Where(_levels.Contains).Concat(_levels is [] ? [] : [_levels[^1], _levels[0]])
            .Concat(_levels).Distinct();
        foreach (double level in levels)
        {
            if (shown.Except(lower).All(other => Math.Abs(Place(other) - Place(level)) >= Room))
            {
                shown.Add(level);
            }
            else if (level > 0.9 && lower.All(other => Math.Abs(Place(other) - Place(level)) >= Room))
            {
                shown.Add(level);
                lower.Add(level);
            }
        }

        return [.. shown.Order()];
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
