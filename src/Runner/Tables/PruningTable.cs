using System.Globalization;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Statistics;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tables;

/// <summary>One model of a finished sweep at one level of pruning.</summary>
/// <param name="Dense">Validation F1 of the same model before pruning, 0..1.</param>
internal readonly record struct PrunedModel(PrunedRow Row, double Dense)
{
    /// <summary>As in flags: <c>layer</c>; with the protocol behind it after further training.</summary>
    public string Method => Row is FinetuneRow { Protocol: var protocol } ? $"{Row.Method} {protocol}" : Row.Method;
}

/// <summary>
/// What a sweep with pruning prints after its F1 tables: for models of one hidden size, mean validation F1 over the seeds
/// of each task, dense and at a few levels, a line a method.
/// </summary>
internal static class PruningTable
{
    // What the study's code pruned when its figure says 95 %: it divided by 100 twice.
    private const double AsPublished = 0.0095;

    // That level, and levels where the curves of all methods bend.
    private static readonly double[] s_shown = [AsPublished, 0.5, 0.9, 0.95, 0.99];

    /// <summary>The levels that have a column: those of the usual ones that the spec has, else its first five, ascending.</summary>
    public static double[] Levels(IReadOnlyList<double> sparsity)
    {
        double[] usual = [.. s_shown.Where(sparsity.Contains)];
        return usual.Length > 0 ? usual : [.. sparsity.Take(s_shown.Length).Order()];
    }

    /// <param name="rows">Models that did not fail, at the levels to show, all of <paramref name="hidden"/> units; tasks and methods in the
    /// order of their first row.</param>
    /// <param name="levels">From <see cref="Levels"/>.</param>
    /// <param name="what">What the figures are, by share of weights pruned.</param>
    public static void Write(IReadOnlyList<PrunedModel> rows, int hidden, double[] levels, CommandIo io, string what = "Validation F1")
    {
        foreach (IGrouping<double, PrunedModel> rate in rows.GroupBy(row => row.Row.Kind.Rate).OrderBy(rate => rate.Key))
        {
            string title = string.Create(
                CultureInfo.InvariantCulture,
                $"{what} by share of weights pruned, H = {hidden}, learning rate {rate.Key:R}");
            TextTable table = new(title, ["Task", "method", "dense", .. levels.Select(Heading)], rightAlignedFrom: 2);
            foreach (IGrouping<string, PrunedModel> task in rate.GroupBy(row => row.Row.Kind.Task))
            {
                foreach (IGrouping<string, PrunedModel> method in task.GroupBy(row => row.Method))
                {
                    double[] dense = [.. method.GroupBy(row => row.Row.Seed).Select(seed => seed.First().Dense)];
                    table.Add(
                    [
                        task.Key,
                        method.Key,
                        Mean(dense),
                        .. levels.Select(level => Mean([.. method.Where(row => row.Row.Sparsity == level).Select(row => row.Row.ValF1)])),
                    ]);
                }
            }

            table.Write(io.Out, io.OutIsTerminal);
            io.Out.WriteLine();
        }

        int seeds = rows.Select(row => row.Row.Seed).Distinct().Count();
        io.Out.WriteLine(seeds == 1 ? "One seed." : $"Mean over {seeds} seeds.");
        if (levels.Contains(AsPublished))
            io.Out.WriteLine("0.0095: what the study's published code pruned where its figure says 95 %.");
    }

    // Four digits are enough to tell levels apart, and six columns of them fit 80 characters.
    private static string Heading(double level) => level.ToString("G4", CultureInfo.InvariantCulture);

    private static string Mean(double[] values)
    {
        double mean = Spread.Of(values).Mean;
        return double.IsNaN(mean) ? "-" : mean.ToString("0.000", CultureInfo.InvariantCulture);
    }
}
