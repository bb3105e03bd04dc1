using System.Globalization;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tables;

/// <summary>One model of a finished sweep; F1 as fractions 0..1.</summary>
/// <param name="Ok">False: it failed, and the two F1 mean nothing.</param>
internal readonly record struct SweepTableRow(
    string Task,
    int Hidden,
    int Seed,
    double LearningRate,
    double BestTrainF1,
    double ValidationF1,
    bool Ok);

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
    public static void Write(IReadOnlyList<SweepTableRow> rows, CommandIo io)
    {
        double[] rates = [.. rows.Select(row => row.LearningRate).Distinct().Order()];
        foreach (double rate in rates)
        {
            SweepTableRow[] block = [.. rows.Where(row => row.LearningRate == rate)];
            string suffix = string.Create(CultureInfo.InvariantCulture, $", learning rate {rate:R}");
            WriteMetric(block, "Best training F1" + suffix, row => row.BestTrainF1, withSmallest: true, io);
            WriteMetric(block, "Validation F1" + suffix, row => row.ValidationF1, withSmallest: false, io);
        }

        foreach (string line in Caption(rows))
        {
            io.Out.WriteLine(line);
        }
    }

    /// <summary>Mean and sample standard deviation (n - 1); the latter is NaN for a single value, both for none.</summary>
    public static (double Mean, double Std) MeanStd(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
        {
            return (double.NaN, double.NaN);
        }

        double mean = values.Average();
        return (mean, values.Count == 1 ? double.NaN : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1)));
    }

    /// <summary>
    /// The smallest H of one task whose models all have a best training F1 of <see cref="Rules.LearnedF1"/>, or null. A seed that
    /// failed, or that the task has only at other sizes, did not learn it.
    /// </summary>
    public static int? SmallestHidden(IEnumerable<SweepTableRow> task) => Capacity.Smallest(
        task, row => (row.Seed, row.Hidden), size => size.All(row => row.Ok && Rules.LearnedF1.Admits(row.BestTrainF1)));

    private static void WriteMetric(
        SweepTableRow[] block,
        string title,
        Func<SweepTableRow, double> metric,
        bool withSmallest,
        CommandIo io)
    {
        const string SummaryName = "H*";
        string[] tasks = [.. block.Select(row => row.Task).Distinct()];
        int[] sizes = [.. block.Select(row => row.Hidden).Distinct().Order()];
        string[,] cells = new string[sizes.Length, tasks.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            for (int j = 0; j < tasks.Length; j++)
            {
                cells[i, j] = Cell([.. block
                    .Where(row => row.Ok && row.Hidden == sizes[i] && row.Task == tasks[j])
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

            if (withSmallest)
            {
                table.SetSummary(
                [
                    SummaryName,
                    .. shown.Select(task => SmallestHidden([.. block.Where(row => row.Task == task)])
                        ?.ToString(CultureInfo.InvariantCulture) ?? "none"),
                ]);
            }

            table.Write(io.Out, io.OutIsTerminal);
            io.Out.WriteLine();
        }
    }

    private static string Cell(double[] values)
    {
        (double mean, double std) = MeanStd(values);
        if (values.Length == 0)
        {
            return Missing;
        }

        string text = mean.ToString("0.000", CultureInfo.InvariantCulture);
        return values.Length == 1 ? text : text + " ± " + std.ToString("0.000", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> Caption(IReadOnlyList<SweepTableRow> rows)
    {
        int seeds = rows.Select(row => row.Seed).Distinct().Count();
        int failed = rows.Count(row => !row.Ok);
        yield return seeds == 1
            ? "One seed, so without a standard deviation."
            : $"Mean ± sample standard deviation over {seeds} seeds.";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"H*: smallest H whose best training F1 exceeds {Rules.LearnedF1.Number} with every seed.");
        if (failed > 0)
        {
            string are = failed == 1 ? "1 model failed and is" : $"{failed} models failed and are";
            yield return $"{are} left out of every mean; a failed seed counts against H*.";
        }
    }
}
