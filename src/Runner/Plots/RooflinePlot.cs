using System.Globalization;
using GpuMlp.Engine.Bench;
using ScottPlot;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// Useful GFLOP/s against useful operations a byte, under the two measured roofs: every level and number of models of one
/// hidden size, batch and kind of mask. All sizes in one plot would be a cloud.
/// </summary>
internal static class RooflinePlot
{
    /// <param name="result">At least one row.</param>
    /// <param name="device">In words.</param>
    public static Figure Draw(BenchResult result, BenchRoof roof, string device)
    {
        (int hidden, _, int batch) = BenchView.Main(result);
        BenchMasks masks = result.Rows[0].Case.Masks;
        BenchRow[] rows = [.. result.Rows.Where(row => row.Case.Hidden == hidden && row.Case.Batch == batch && row.Case.Masks == masks)];
        BenchOp[] ops = [.. rows.Select(row => row.Case.Op).Distinct().Order()];
        var figure = new Figure(
            "Roofline: useful work against what the machine could do",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{device}; peak {roof.Gflops:F0} GFLOP/s and {roof.GigabytesPerSecond:F1} GB/s from memory, both measured. {hidden} "
                    + $"hidden units, {batch} images, {BenchNames.Of(masks)} masks; {Span(rows, row => row.Case.Models, "N0")} models a "
                    + $"launch, levels {Span(rows, row => row.Case.Sparsity, "0.####")}. Useful: pixel and weight are not 0. Bytes: "
                    + $"operands and results once each; what stays in caches is read faster than memory, "
                    + $"so points may lie above the slope."),
            ops.Length,
            panelWidth: ops.Length == 1 ? 620 : 430,
            panelHeight: 380);
        double[] intensities = [.. rows.Where(IsDrawn).Select(Intensity)], rates = [.. rows.Where(IsDrawn).Select(row => row.UsefulGflops)];
        double left = intensities.Append(roof.Gflops / roof.GigabytesPerSecond).Min() / 2, right = intensities.Append(
            roof.Gflops / roof.GigabytesPerSecond).Max() * 2;
        double low = rates.Append(roof.Gflops / 10).Min() / 2, high = rates.Append(roof.Gflops).Max() * 2;
        foreach (BenchOp op in ops)
        {
            Panel panel = figure.Add(BenchNames.Of(op), "useful operations a byte (FLOP/B)", "useful GFLOP/s");
            panel.LogX(Decades(left, right));
            panel.LogY(Decades(low, high));
            double ridge = roof.Gflops / roof.GigabytesPerSecond;
            panel.Series(
                PlotTheme.Reference("measured roofs") with { Line = LinePattern.Solid },
                [left, ridge, right],
                [left * roof.GigabytesPerSecond, roof.Gflops, roof.Gflops]);
            foreach (IGrouping<BenchForm, BenchRow> form in rows.Where(row => row.Case.Op == op && IsDrawn(row))
                .GroupBy(row => row.Case.Form)
                .OrderBy(form => form.Key))
            {
                SeriesStyle style = BreakEvenPlot.StyleOf(form.Key, BenchNames.Of(form.Key)) with { Line = null, MarkerSize = 5 };
                panel.Series(style, [.. form.Select(Intensity)], [.. form.Select(row => row.UsefulGflops)]);
            }
            panel.XRange(left, right);
            panel.YRange(low, high);
        }

        return figure;
    }

    private static string Span(BenchRow[] rows, Func<BenchRow, double> value, string format)
    {
        string least = rows.Min(value).ToString(format, CultureInfo.InvariantCulture), most = rows.Max(value)
            .ToString(format, CultureInfo.InvariantCulture);
        return least == most ? least : $"{least} to {most}";
    }

    private static double Intensity(BenchRow row) => row.Work.UsefulFlop / row.Work.Bytes;

    // With every weight pruned there is no useful work, and its logarithm is not finite.
    private static bool IsDrawn(BenchRow row) => row.Work.UsefulFlop > 0;

    private static IEnumerable<double> Decades(double low, double high) =>
        Enumerable.Range(-6, 14).Select(decade => Math.Pow(10, decade)).Where(tick => tick >= low && tick <= high);
}
