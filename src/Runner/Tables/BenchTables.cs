using System.Globalization;
using GpuMlp.Engine.Bench;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tables;

/// <summary>
/// What a bench prints: one size in numbers, its speed-ups by sparsity, and the break-even of every size. Fits 100 columns.
/// </summary>
internal static class BenchTables
{
    // Eight columns of levels are what 100 columns hold.
    private const int MostLevels = 8, MostSizes = 8;

    /// <param name="device">In words.</param>
    public static void Write(BenchResult result, BenchRoof roof, string device, CommandIo io)
    {
        (int hidden, int models, int batch) = BenchView.Main(result);
        string size = string.Create(CultureInfo.InvariantCulture, $"{models} models of {hidden} hidden units, {batch} images");
        BenchRow[] rows = [.. BenchView.At(result, hidden, models, batch)];
        io.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{device}; measured peak {roof.Gflops:F0} GFLOP/s, memory {roof.GigabytesPerSecond:F1} GB/s"));
        io.Out.WriteLine();
        Numbers(rows, BenchView.MainSparsity(result), size, roof, io);
        if (result.Rows.Exists(row => row.Case.Form != BenchForm.Dense))
        {
            io.Out.WriteLine();
            Speedups(rows, BenchView.Levels(result, MostLevels), size, io);
            BreakEvens(result, io);
        }
    }

    private static void Numbers(BenchRow[] rows, double sparsity, string size, BenchRoof roof, CommandIo io)
    {
        BenchMasks masks = rows[0].Case.Masks;
        TextTable table = new(
            $"{size}, {BenchNames.Of(masks)} masks at {Level(sparsity)}; rates in GFLOP/s",
            ["op", "form", "ms", "spread", "useful", "dense eq.", "GB/s", "of peak", "convert ms", "uses"],
            rightAlignedFrom: 2);
        foreach (BenchRow row in rows.Where(row => row.Case.Masks == masks && row.Case.Sparsity == sparsity))
        {
            table.Add(
                BenchNames.Of(row.Case.Op),
                BenchNames.Of(row.Case.Form),
                Short(row.MedianMs),
                Share((row.P90Ms - row.P10Ms) / row.MedianMs),
                Short(row.UsefulGflops),
                Short(row.DenseGflops),
                Short(row.GigabytesPerSecond),
                Share(row.UsefulGflops / roof.Gflops),
                row.ConversionMs > 0 ? Short(row.ConversionMs) : "-",
                row.ConversionMs > 0 ? row.UsesToRepay?.ToString(CultureInfo.InvariantCulture) ?? "never" : "-");
        }

        table.Write(io.Out, io.OutIsTerminal);
    }

    private static void Speedups(BenchRow[] rows, double[] levels, string size, CommandIo io)
    {
        TextTable table = new(
            $"Times faster than dense by share of pruned weights; {size}", ["op", "form", "masks", .. levels.Select(
                Level), "from"], rightAlignedFrom: 3);
        foreach (IGrouping<BenchCase, BenchRow> curve in rows.Where(row => row.Case.Form != BenchForm.Dense).GroupBy(row => row.Case.Curve)
            .OrderBy(curve => curve.Key.Masks)
            .ThenBy(curve => curve.Key.Op)
            .ThenBy(curve => curve.Key.Form))
        {
            BenchCase at = curve.Key;
            table.Add(
            [
                BenchNames.Of(at.Op),
                BenchNames.Of(at.Form),
                BenchNames.Of(at.Masks),
                .. levels.Select(
                    level => curve.FirstOrDefault(row => row.Case.Sparsity == level) is { } row ? Short(row.SpeedupVsDense) : "-"),
                BenchView.HasBreakEven(curve) ? BenchView.OverDense(curve).ToString() : "-",
            ]);
        }

        table.Write(io.Out, io.OutIsTerminal);
        foreach (BenchMasks masks in rows.Select(row => row.Case.Masks).Distinct())
        {
            if (BenchView.OverBest(rows, masks) is { } over)
            {
                io.Out.WriteLine(
                    $"weight-sparse forward beats the faster of dense and input-sparse from: {over} ({BenchNames.Of(masks)} masks)");
            }
        }
    }

    private static void BreakEvens(BenchResult result, CommandIo io)
    {
        int[] models = [.. result.Rows.Select(row => row.Case.Models).Distinct().Order().Take(MostSizes)];
        BenchMasks masks = result.Rows[0].Case.Masks;
        var lines = BenchFiles.Curves(result)
            .Where(curve => curve.Key.Masks == masks && BenchView.HasBreakEven(curve))
            .GroupBy(curve => (curve.Key.Op, curve.Key.Form, curve.Key.Hidden, curve.Key.Batch))
            .OrderBy(line => line.Key)
            .ToList();
        if (lines.Count == 0 || result.Rows.Select(row => (row.Case.Hidden, row.Case.Models, row.Case.Batch)).Distinct().Count() == 1)
            return;

        io.Out.WriteLine();
        TextTable table = new(
            $"Share of pruned weights from which on a form beats dense, by models a launch; {BenchNames.Of(masks)} masks",
            ["op", "form", "hidden", "batch", .. models.Select(count => count.ToString(CultureInfo.InvariantCulture))],
            rightAlignedFrom: 2);
        foreach (var line in lines)
        {
            table.Add(
            [
                BenchNames.Of(line.Key.Op),
                BenchNames.Of(line.Key.Form),
                line.Key.Hidden.ToString(CultureInfo.InvariantCulture),
                line.Key.Batch.ToString(CultureInfo.InvariantCulture),
                .. models.Select(count => line.FirstOrDefault(curve => curve.Key.Models == count) is { } curve
                    ? BenchView.OverDense(curve).ToString()
                    : "-"),
            ]);
        }

        table.Write(io.Out, io.OutIsTerminal);
    }

    private static string Level(double sparsity) => sparsity.ToString("0.####", CultureInfo.InvariantCulture);

    // Three digits, at most five characters: 0.012, 1.23, 12.3, 1234.
    private static string Short(double value) => value switch
    {
        >= 99.95 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 9.995 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 0.9995 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    private static string Share(double value) => value.ToString(value < 0.0995 ? "0.0 %" : "0 %", CultureInfo.InvariantCulture);
}
