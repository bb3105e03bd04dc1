using System.Globalization;
using GpuMlp.Engine.Bench;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// Speed-up over dense by sparsity: a row of panels an operation, a panel for each number of models a launch. Losses lie below
/// the line at 1. Both axes are logarithmic, sparsity by the share of weights that is left, so that a time in proportion to it
/// is a straight line and the levels near 1, where most happens, lie apart.
/// </summary>
internal static class BreakEvenPlot
{
    private const int MostPanels = 4;

    // How far a curve may leave a plot in which the others are still read; what lies beyond is written there in numbers.
    private const double Least = 0.05, Most = 1e3;

    private static readonly double[] s_ticks = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];

    /// <param name="result">At least one row of another form than dense.</param>
    /// <param name="device">In words.</param>
    public static Figure Draw(BenchResult result, string device)
    {
        (int hidden, _, int batch) = BenchView.Main(result);
        int[] models = [.. result.Rows.Select(row => row.Case.Models).Distinct().Order()];
        models = models.Length <= MostPanels ? models : models[^MostPanels..];
        BenchOp[] ops = [.. result.Rows.Select(row => row.Case.Op).Distinct().Order()];
        double[] levels = [.. result.Rows.Select(row => row.Case.Sparsity).Distinct().Order()];
        double[] finite = [.. levels.Where(level => level < 1)];
        bool all = levels[^1] == 1;
        string proportion = finite.Length > 1 ? " Grey: a time in proportion to the weights that are left." : "";
        var figure = new Figure(
            "Where skipping pays: speed-up over the dense form by share of pruned weights",
            string.Create(CultureInfo.InvariantCulture, $"{device}; {hidden} hidden units, {batch} images a launch; medians, bands: "
                + $"eight of ten samples. {MasksText(result)} Below the line at 1 a form is slower than dense.{proportion}"),
            models.Length,
            panelWidth: models.Length == 1 ? 620 : 380,
            panelHeight: 330);

        // Where everything is pruned no share is left to take the logarithm of: half of the next smallest share stands for it.
        double least = finite.Select(level => (1 - level) / 2).Append(0.5).Min();
        double Place(double level) => -Math.Log10(Math.Max(1 - level, least));
        double left = Place(levels[0]), right = Math.Max(Place(levels[^1]), left + 0.3);
        foreach (BenchOp op in ops)
        {
            (double low, double high) = Range(
                result.Rows.Where(row => row.Case.Op == op && row.Case.Hidden == hidden && row.Case.Batch == batch));
            foreach (int count in models)
            {
                string title
                    = $"{BenchNames.Of(op)}, {count.ToString("N0", CultureInfo.InvariantCulture)} model{(count == 1 ? "" : "s")} a launch";
                Panel panel = figure.Add(title, "share of weights pruned", "times faster than dense");
                panel.LogY(Ticks(low, high), value => value.ToString("0.###", CultureInfo.InvariantCulture));
                panel.MapX(Place, s_ticks.Where(tick => Place(tick) >= left && Place(tick) <= right && (!all || 1 - tick > 1.5 * least))
                    .Concat(all ? [1.0] : []), NumberText.Number);
                panel.Level(PlotTheme.Reference("as fast as dense"), 1);
                if (finite.Length > 1)
                    panel.Series(PlotTheme.Reference("1 / share left").Thin(), finite, [.. finite.Select(level => 1 / (1 - level))]);
                IGrouping<BenchCase, BenchRow>[] curves =
                [
                    .. BenchFiles.Curves(result).Where(curve =>
                        curve.Key.Op == op && curve.Key.Models == count && curve.Key.Hidden == hidden && curve.Key.Batch == batch),
                ];
                foreach (IGrouping<BenchCase, BenchRow> curve in curves)
                    Draw(panel, curve, levels[0], low);
                if (curves.Length == 0)
                    panel.Note("not timed: bench.json says why, under skipped", levels[0], 1.1);
                panel.Plot.Axes.SetLimitsX(left - (0.04 * (right - left)), right + (0.04 * (right - left)));
                panel.YRange(low, high);
            }
        }

        return figure;
    }

    private static void Draw(Panel panel, IGrouping<BenchCase, BenchRow> curve, double leftmost, double low)
    {
        BenchRow[] rows = [.. curve.OrderBy(row => row.Case.Sparsity)];
        // One entry a form in the legend; the note tells what a dashed line is.
        SeriesStyle style = StyleOf(curve.Key.Form, BenchNames.Of(curve.Key.Form));
        if (curve.Key.Masks == BenchMasks.Uniform)
            style = style.Dashed();
        panel.Series(
            style,
            [.. rows.Select(row => row.Case.Sparsity)],
            [.. rows.Select(row => Math.Clamp(row.SpeedupVsDense, Least, Most))],
            [.. rows.Select(row => Math.Clamp(row.SlowSpeedupVsDense, Least, Most))],
            [.. rows.Select(row => Math.Clamp(row.FastSpeedupVsDense, Least, Most))]);
        double fastest = rows.Max(row => row.SpeedupVsDense), slowest = rows.Min(row => row.SpeedupVsDense);
        if (slowest < Least && curve.Key.Masks != BenchMasks.Uniform)
        {
            string from = NumberText.Number(Round(slowest)), to = NumberText.Number(Round(fastest));
            panel.Note(
                $"{style.Name}: {(from == to ? from : $"{from} to {to}")} times",
                leftmost,
                low * Math.Pow(Least / low, 1.5),
                style.Color);
        }
    }

    /// <summary>A form has one look in all plots.</summary>
    public static SeriesStyle StyleOf(BenchForm form, string name) => PlotTheme.Series(
        form switch
        {
            BenchForm.WeightSparse => 0,
            BenchForm.Outside => 1,
            BenchForm.InputSparse => 2,
            BenchForm.Masked => 3,
            _ => 6,
        },
        name);

    private static string MasksText(BenchResult result)
    {
        BenchMasks[] masks = [.. result.Rows.Select(row => row.Case.Masks).Distinct().Order()];
        return masks switch
        {
            [BenchMasks.File, ..] => "Masks of files.",
            [BenchMasks.Magnitude] => "Magnitude masks of trained models.",
            [BenchMasks.Uniform] => "Dashed: weights pruned at random.",
            _ => "Solid: magnitude masks of trained models; dashed: weights pruned at random.",
        };
    }

    private static double Round(double value)
        => double.Parse(value.ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // Whole decades would leave half of a plot empty; halves of one do not.
    private static (double Low, double High) Range(IEnumerable<BenchRow> rows)
    {
        double[] values = [.. rows.Select(row => Math.Clamp(row.SpeedupVsDense, Least, Most)).Append(0.5).Append(2)];
        return (values.Min() / 1.3, values.Max() * 1.3);
    }

    private static IEnumerable<double> Ticks(double low, double high)
    {
        double[] steps = high / low > 100 ? [1] : [1, 2, 5];
        return from decade in Enumerable.Range(-4, 9)
               from step in steps
               let tick = step * Math.Pow(10, decade)
               where tick >= low && tick <= high
               select tick;
    }
}
