using System.Globalization;
using GpuMlp.Engine.Bench;

namespace GpuMlp.Runner.Plots;

/// <summary>Speed-up over dense by sparsity: a row of panels an operation, a panel for each number of models a launch. Losses lie below the line at 1.</summary>
internal static class BreakEvenPlot
{
    // Panels of one row, and how far a curve may leave a plot that is still read.
    private const int MostPanels = 4;
    private const double Least = 1e-3, Most = 1e3;

    /// <param name="result">At least one row of another form than dense.</param>
    /// <param name="device">In words.</param>
    public static Figure Draw(BenchResult result, string device)
    {
        PlotTheme theme = PlotTheme.Light;
        (int hidden, _, int batch) = BenchView.Main(result);
        int[] models = [.. result.Rows.Select(row => row.Case.Models).Distinct().Order()];
        models = models.Length <= MostPanels ? models : models[^MostPanels..];
        BenchOp[] ops = [.. result.Rows.Select(row => row.Case.Op).Distinct().Order()];
        var figure = new Figure(
            theme,
            "Where skipping pays: speed-up over the dense form by share of pruned weights",
            string.Create(CultureInfo.InvariantCulture, $"{device}; {hidden} hidden units, {batch} images a launch; medians. Solid lines: magnitude masks of trained models; dashed: weights pruned by lot. Below the line at 1 a form is slower than dense; what is slower than a thousandth is drawn there."),
            models.Length,
            panelWidth: models.Length == 1 ? 620 : 380,
            panelHeight: 330);
        foreach (BenchOp op in ops)
        {
            (double low, double high) = Range(result.Rows.Where(row => row.Case.Op == op && row.Case.Hidden == hidden && row.Case.Batch == batch));
            foreach (int count in models)
            {
                string title = $"{BenchNames.Of(op)}, {count.ToString("N0", CultureInfo.InvariantCulture)} model{(count == 1 ? "" : "s")} a launch";
                Panel panel = figure.Add(title, "share of weights pruned", "times faster than dense");
                panel.LogY(Ticks(low, high), value => value.ToString("0.###", CultureInfo.InvariantCulture));
                panel.XTicks([0, 0.25, 0.5, 0.75, 1]);
                panel.Level(theme.Reference("as fast as dense"), 1);
                foreach (IGrouping<BenchCase, BenchRow> curve in BenchFiles.Curves(result))
                {
                    if (curve.Key.Op == op && curve.Key.Models == count && curve.Key.Hidden == hidden && curve.Key.Batch == batch)
                        Draw(panel, theme, curve);
                }
                panel.XRange(-0.03, 1.03);
                panel.YRange(low, high);
            }
        }

        return figure;
    }

    private static void Draw(Panel panel, PlotTheme theme, IGrouping<BenchCase, BenchRow> curve)
    {
        BenchRow[] rows = [.. curve.OrderBy(row => row.Case.Sparsity)];
        // One entry a form in the legend; the note tells what a dashed line is.
        SeriesStyle style = StyleOf(theme, curve.Key.Form, BenchNames.Of(curve.Key.Form));
        if (curve.Key.Masks == BenchMasks.Uniform)
            style = style.Dashed();
        panel.Series(style, [.. rows.Select(row => row.Case.Sparsity)], [.. rows.Select(row => Math.Clamp(row.SpeedupVsDense, Least, Most))]);
    }

    /// <summary>A form has one look in all plots.</summary>
    public static SeriesStyle StyleOf(PlotTheme theme, BenchForm form, string name) => theme.Series(
        form switch
        {
            BenchForm.WeightSparse => 0,
            BenchForm.Outside => 1,
            BenchForm.InputSparse => 2,
            BenchForm.Masked => 3,
            _ => 6,
        },
        name);

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
