using System.Globalization;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tables;

/// <summary>One model of a sweep with several variants; its F1 are NaN where it failed.</summary>
/// <param name="Pruned">Its row for each method at the level shown; empty for a sweep without pruning.</param>
internal sealed record VariantRow(ResultRow Model, IReadOnlyList<PruningRow> Pruned)
{
    public ModelKind Kind => Model.Kind;
}

/// <summary>
/// What a sweep with several variants prints: a line a variant and hidden size, F1 as means over tasks and seeds before
/// pruning and after it, and a mark where pruning keeps F1. Tasks apart are in the tables on disk and the report.
/// </summary>
internal static class VariantTable
{
    /// <summary>More lines than anyone reads in a terminal.</summary>
    private const int MostLines = 200;

    // The study's claim is about this share of the weights.
    private const double Claimed = 0.95;

    /// <summary>The level shown: the study's 0.95, or the one nearest to it; null for a sweep without pruning.</summary>
    public static double? Level(IReadOnlyList<double> sparsity) =>
        sparsity.Count == 0 ? null : sparsity.MinBy(level => Math.Abs(level - Claimed));

    /// <param name="rows">All models, in the order of the plan.</param>
    /// <param name="level">From <see cref="Level"/>.</param>
    public static void Write(IReadOnlyList<VariantRow> rows, double? level, CommandIo io)
    {
        string[] methods = [.. rows.SelectMany(row => row.Pruned).Select(pruned => pruned.Method).Distinct()];
        bool manyRates = rows.Select(row => row.Kind.Rate).Distinct().Count() > 1;
        string title = methods.Length == 0
            ? "F1 by way to train"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Validation F1 by way to train, before and after pruning {level:R} of the weights");
        string[] rate = manyRates ? ["lr"] : [];
        TrainedPart[] parts = [.. TrainedHow.Parts.Where(part => part.IsAlwaysTold || rows.Any(row => part.IsTold(row.Kind.How)))];
        TextTable table = new(
            title,
            [.. parts.Select(part => part.Head), .. rate, "H", "best train", "dense", .. methods],
            rightAlignedFrom: 0);
        List<Line> lines =
        [
            .. rows.GroupBy(row => (row.Kind.How, row.Kind.Rate, row.Kind.Hidden)).OrderBy(group => group.Key.Hidden)
                .Select(group => Line.Of([.. group], methods)),
        ];
        foreach (Line line in lines.Take(MostLines))
        {
            (TrainedHow how, int hidden) = (line.Kind.How, line.Kind.Hidden);
            string[] ownRate = manyRates ? [Number(line.Kind.Rate)] : [];
            table.Add(
            [
                .. parts.Select(part => part.Value(how)),
                .. ownRate,
                $"{hidden}",
                F1(line.BestTrain),
                F1(line.Dense),
                .. line.Pruned.Select(pruned => F1(pruned.F1) + (pruned.Kept ? "*" : " ")),
            ]);
        }

        table.Write(io.Out, io.OutIsTerminal);
        io.Out.WriteLine();
        foreach (string line in Caption(rows, lines, methods))
            io.Out.WriteLine(line);
    }

    private static IEnumerable<string> Caption(IReadOnlyList<VariantRow> rows, List<Line> lines, string[] methods)
    {
        if (lines.Count > MostLines)
            yield return $"{lines.Count - MostLines} more lines are left out here; results.csv has all.";
        string[] tasks = [.. rows.Select(row => row.Kind.Task).Distinct()];
        int seeds = rows.Select(row => row.Model.Seed).Distinct().Count();
        string of = tasks.Length <= 5 ? string.Join(", ", tasks) : $"{tasks.Length} tasks";
        yield return $"Mean over {of} and {(seeds == 1 ? "one seed" : $"{seeds} seeds")}; a mean with a failed model is -.";
        if (methods.Length == 0)
            yield break;

        yield return string.Create(
            CultureInfo.InvariantCulture, $"*: pruning keeps F1, that is its mean loss is {Rules.KeptF1} and dense F1 "
                + $"{Rules.WorthPruningF1}.");
        (Line Line, string Method, double Loss)[] all =
            [.. from line in lines where Rules.WorthPruningF1.Admits(line.Dense) from pruned in line.Pruned where !double.IsNaN(
                pruned.F1) select (line, pruned.Method, line.Dense - pruned.F1)];
        if (all.Length == 0)
            yield break;

        (Line best, string method, double loss) = all.MinBy(one => one.Loss);
        yield return $"Kept in {lines.Sum(line => line.Pruned.Count(pruned => pruned.Kept))} of {lines.Count * methods.Length} cells.";
        yield return string.Create(CultureInfo.InvariantCulture, $"Smallest loss: {loss:0.000} by {method}, H = {best.Kind.Hidden},");
        yield return $"{best.Kind.How}.";
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    private static string F1(double value) => double.IsNaN(value) ? "-" : value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>Models that differ in task and seed alone, in the mean.</summary>
    private sealed record Line(
        ModelKind Kind, double BestTrain, double Dense, IReadOnlyList<(string Method, double F1, bool Kept)> Pruned)
    {
        public static Line Of(VariantRow[] rows, string[] methods)
        {
            double dense = rows.Average(row => row.Model.Validation.F1);
            return new Line(
                rows[0].Kind,
                rows.Average(row => row.Model.BestTrainF1),
                dense,
                [
                    .. from method in methods
                       let f1 = rows.Average(row => row.Pruned.First(pruned => pruned.Method == method).ValF1)
                       select (method, f1, Rules.WorthPruningF1.Admits(dense) && Rules.KeptF1.Admits(dense - f1)),
                ]);
        }
    }
}
