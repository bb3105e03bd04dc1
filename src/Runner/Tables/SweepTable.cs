using System.Globalization;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tables;

/// <summary>
/// What a sweep prints at its end: for each learning rate, best training F1 and validation F1 of every task and hidden
/// size, as mean ± sample standard deviation over the seeds, and the smallest hidden size that learns each task.
/// </summary>
internal static class SweepTable
{
    /// <summary>Widest line, in characters: the terminals that people have never measured are 80 wide.</summary>
    public const int Width = 80;

    private const string Missing = "-";

    /// <param name="rows">In any order; tasks are shown in the order of their first row.</param>
    /// <param name="target">What the smallest size must reach on the validation images; null for the study's mark in training.</param>
    public static void Write(IReadOnlyList<ResultRow> rows, CommandIo io, F1Target? target = null)
    {
        double[] rates = [.. rows.Select(row => row.Kind.Rate).Distinct().Order()];
        foreach (double rate in rates)
        {
            ResultRow[] block = [.. rows.Where(row => row.Kind.Rate == rate)];
            string suffix = string.Create(CultureInfo.InvariantCulture, $", learning rate {rate:R}");
            WriteMetric(block, "Best training F1" + suffix, row => row.BestTrainF1, target is null ? Capacity.EverySeed : null, io);
            WriteMetric(
                block, "Validation F1" + suffix, row => row.Validation.F1,
                target is { } enough ? task => Smallest(SeedGroup.Of(task), enough) : null, io);
        }

        foreach (string line in Caption(rows, target))
        {
            io.Out.WriteLine(line);
        }
    }

    private static void WriteMetric(
        ResultRow[] block,
        string title,
        Func<ResultRow, double> metric,
        Func<IEnumerable<ResultRow>, int?>? smallest,
        CommandIo io)
    {
        const string SummaryName = "H*";
        string[] tasks = [.. block.Select(row => row.Kind.Task).Distinct()];
        int[] sizes = [.. block.Select(row => row.Kind.Hidden).Distinct().Order()];
        string[,] cells = new string[sizes.Length, tasks.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            for (int j = 0; j < tasks.Length; j++)
            {
                cells[i, j] = Cell([.. block
                    .Where(row => row.Ok && row.Kind.Hidden == sizes[i] && row.Kind.Task == tasks[j])
                    .Select(metric)]);
            }
        }

        int sizeWidth = Math.Max(SummaryName.Length, sizes.Max().ToString(CultureInfo.InvariantCulture).Length);
        int taskWidth = Math.Max(tasks.Max(task => task.Length), cells.Cast<string>().Max(cell => cell.Length));
        int room = io.OutIsTerminal ? Width - TextTable.Frame : Width;
        int perTable = Math.Max(1, (room - sizeWidth) / (taskWidth + TextTable.Gap));
        for (int first = 0; first < tasks.Length; first += perTable)
        {
            string[] shown = tasks[first..Math.Min(first + perTable, tasks.Length)];
            TextTable table = new(first == 0 ? title : title + " (continued)", ["H", .. shown], rightAlignedFrom: 0);
            for (int i = 0; i < sizes.Length; i++)
            {
                table.Add(
                [
                    sizes[i].ToString(CultureInfo.InvariantCulture),
                    .. Enumerable.Range(first, shown.Length).Select(j => cells[i, j]),
                ]);
            }

            if (smallest is not null)
            {
                table.SetSummary(
                [
                    SummaryName,
                    .. shown.Select(task => smallest(block.Where(row => row.Kind.Task == task))
                        ?.ToString(CultureInfo.InvariantCulture) ?? "none"),
                ]);
            }

            table.Write(io.Out, io.OutIsTerminal);
            io.Out.WriteLine();
        }
    }

    private static string Cell(double[] values)
    {
        Spread spread = Spread.Of(values);
        if (values.Length == 0)
        {
            return Missing;
        }

        string text = spread.Mean.ToString("0.000", CultureInfo.InvariantCulture);
        return values.Length == 1 ? text : text + " ± " + spread.Std.ToString("0.000", CultureInfo.InvariantCulture);
    }

    private static int? Smallest(IReadOnlyList<SeedGroup> task, F1Target target) => target.Of(task) is { } enough
        ? task.Where(size => enough.Admits(size.ValF1.Mean)).Select(size => (int?)size.Kind.Hidden).Min()
        : null;

    private static IEnumerable<string> Caption(IReadOnlyList<ResultRow> rows, F1Target? target)
    {
        int seeds = rows.Select(row => row.Seed).Distinct().Count();
        int failed = rows.Count(row => !row.Ok);
        yield return seeds == 1
            ? "One seed, so without a standard deviation."
            : $"Mean ± sample standard deviation over {seeds} seeds.";
        yield return target is { } enough
            ? $"H*: smallest H with {enough.Words}."
            : $"H*: smallest H whose best training F1 exceeds {Rules.LearnedF1.Number} with every seed.";
        if (failed > 0)
        {
            string are = failed == 1 ? "1 model failed and is" : $"{failed} models failed and are";
            yield return $"{are} left out of every mean; a failed seed counts against H*.";
        }
    }
}
