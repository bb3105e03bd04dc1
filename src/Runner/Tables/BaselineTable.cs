using System.Globalization;
using GpuMlp.Engine.Bench;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tables;

/// <summary>What <c>bench --baseline</c> prints: the times that are beyond the spread, and how all of them went.</summary>
internal static class BaselineTable
{
    // More lines than these nobody reads; bench --json has all.
    private const int MostRows = 40;

    public static void Write(BenchBaseline baseline, IReadOnlyList<BenchRun> runs, CommandIo io)
    {
        IReadOnlyList<BaselineRow> rows = baseline.Compare(runs);
        BaselineRow[] beyond = [.. rows.Where(row => row.IsSlower || row.IsFaster).OrderByDescending(row => Math.Abs(Math.Log(row.Ratio)))];
        io.Out.WriteLine();
        if (beyond.Length > 0)
        {
            TextTable table = new(
                $"Beside {baseline.Path}, beyond the spread",
                ["op", "form", "masks", "sparsity", "H", "models", "batch", "baseline ms", "ms", "ratio", ""],
                rightAlignedFrom: 3);
            foreach (BaselineRow row in beyond.Take(MostRows))
            {
                BenchCase at = row.Row.Case;
                table.Add(
                    BenchNames.Of(at.Op), BenchNames.Of(at.Form), BenchNames.Of(at.Masks), Number(at.Sparsity), $"{at.Hidden}",
                    $"{at.Models}", $"{at.Batch}", Number(row.BaselineMs), Number(row.Row.MedianMs),
                    row.Ratio.ToString("0.00", CultureInfo.InvariantCulture), row.IsSlower ? "slower" : "faster");
            }

            table.Write(io.Out, io.OutIsTerminal);
            if (beyond.Length > MostRows)
                io.Out.WriteLine($"and {beyond.Length - MostRows} more");
        }

        int slower = beyond.Count(row => row.IsSlower), measured = runs.Sum(run => run.Result.Rows.Count);
        io.Out.WriteLine(
            $"{rows.Count} times beside {baseline.Path}: {slower} slower, {beyond.Length - slower} faster, "
                + $"{rows.Count - beyond.Length} within the spread; {measured - rows.Count} have no baseline, "
                + $"{baseline.Count - rows.Count} of it were not measured");
        io.Out.WriteLine("Beyond the spread: tenth to ninetieth percentile of both do not meet.");
        foreach (BenchRun run in runs)
        {
            if (baseline.Machines.TryGetValue(run.Device, out string? name) && name != run.Name)
                io.Out.WriteLine($"Another machine: {run.Device} of the baseline is {name}; here it is {run.Name}.");
        }
    }

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
