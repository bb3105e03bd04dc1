using System.Globalization;
using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Comparison;

/// <summary>One figure of two runs, each over its seeds.</summary>
/// <param name="Name">The column: <c>val_f1</c>.</param>
/// <param name="First">Of the first run; NaN where all its models failed, or one of them has no such figure.</param>
/// <param name="Second">Likewise of the second.</param>
public sealed record ComparedFigure(string Name, Spread First, Spread Second)
{
    /// <summary>Second less first; NaN where one of them is.</summary>
    public double Difference => Second.Mean - First.Mean;

    /// <summary>
    /// Whether the means are further apart than two models are that differ in the seed alone: more than the standard deviation of the
    /// difference of two models, one of each run. Null where a run has one seed, and so no spread.
    /// </summary>
    public bool? IsBeyondSpread
    {
        get
        {
            double spread = Math.Sqrt((First.Std * First.Std) + (Second.Std * Second.Std));
            return double.IsNaN(spread) ? null : Math.Abs(Difference) > spread;
        }
    }
}

/// <summary>The figures of one kind of models, of a level of pruning, or of a corruption.</summary>
/// <param name="Table">Where they are from: <c>results</c>, <c>pruning</c>.</param>
/// <param name="Key">What both runs have in common, by column: words, and numbers as double.</param>
public sealed record ComparedRow(string Table, IReadOnlyDictionary<string, object> Key, IReadOnlyList<ComparedFigure> Figures)
{
    /// <summary>A value of the key as in the CSV files.</summary>
    public string Text(string column) => string.Create(CultureInfo.InvariantCulture, $"{Key[column]}");

    public ComparedFigure Figure(string name) => Figures.Single(figure => figure.Name == name);
}

/// <summary>Two merged runs side by side.</summary>
/// <param name="Changes">How their plans differ.</param>
/// <param name="Different">
/// Columns of the models' keys in which the runs have one value each, and not the same: what is compared, and so no part of the keys.
/// </param>
/// <param name="Rows">By table, in the order of the first run.</param>
/// <param name="OnlyFirst">Keys by table that the first run alone has: how many.</param>
public sealed record RunComparison(
    IReadOnlyList<PlanChange> Changes,
    IReadOnlyList<PlanChange> Different,
    IReadOnlyList<ComparedRow> Rows,
    IReadOnlyDictionary<string, int> OnlyFirst,
    IReadOnlyDictionary<string, int> OnlySecond)
{
    // Models of other tasks or sizes are other models; everything else may be what somebody wants to compare.
    private static readonly string[] s_always = ["task", "hidden"];

    /// <summary>Compares what both have: models by their keys, and what was made of them.</summary>
    /// <exception cref="UserErrorException">
    /// A run that is not merged (exit 3), or whose table is not the merge's; runs without a model in common (exit 2).
    /// </exception>
    public static RunComparison Of(RunDirectory first, RunDirectory second)
    {
        IReadOnlyList<ResultRow> one = RunTables.Read<ResultRow>(first), other = RunTables.Read<ResultRow>(second);
        List<PlanChange> different = [];
        List<Column<ResultRow>> keys = [];
        foreach (Column<ResultRow> column in Schema<ResultRow>.Columns.Where(column => column.IsKey && column.Name != "seed"))
        {
            HashSet<string> a = [.. one.Select(row => Text(column, row))], b = [.. other.Select(row => Text(column, row))];
            if (!s_always.Contains(column.Name) && a.Count == 1 && b.Count == 1 && !a.SetEquals(b))
                different.Add(new PlanChange(column.Name, a.Single(), b.Single()));
            else
                keys.Add(column);
        }

        foreach (Column<ResultRow> column in keys)
        {
            string[] a = [.. one.Select(row => Text(column, row)).Distinct()], b = [.. other.Select(row => Text(column, row)).Distinct()];
            if (!a.Intersect(b).Any())
            {
                throw new UserErrorException(
                    $"{first.Path} and {second.Path}: no {column.Name} in common ({Cut(a)} and {Cut(b)}); "
                    + "the runs to compare must share models");
            }
        }

        Comparer comparer = new(first, second, [.. keys.Select(column => column.Name)]);
        comparer.Add(one, other);
        if (comparer.Rows.Count == 0)
        {
            throw new UserErrorException(
                $"{first.Path} and {second.Path}: no models with the same {string.Join(", ", keys.Select(column => column.Name))}; "
                + "the runs to compare must share models");
        }

        comparer.Add<PruningRow>();
        comparer.Add<FinetuneRow>();
        comparer.Add<TicketRow>();
        comparer.Add<RobustnessRow>();
        comparer.Add<SaliencyRow>();
        comparer.Add<EmbeddingRow>();
        return new RunComparison(
            PlanDiff.Between(first.Plan, second.Plan), different, comparer.Rows, comparer.OnlyFirst, comparer.OnlySecond);
    }

    private static string Text<TRow>(Column<TRow> column, TRow row) =>
        column.Text(row) ?? column.Number(row).ToString("R", CultureInfo.InvariantCulture);

    private static string Cut(string[] values)
    {
        const int Most = 6;
        return string.Join(",", values.Take(Most)) + (values.Length > Most ? ",..." : "");
    }

    /// <param name="keys">Columns of the models' keys by which rows belong together.</param>
    private sealed class Comparer(RunDirectory first, RunDirectory second, HashSet<string> keys)
    {
        public List<ComparedRow> Rows { get; } = [];

        public Dictionary<string, int> OnlyFirst { get; } = [];

        public Dictionary<string, int> OnlySecond { get; } = [];

        /// <summary>A table, where both runs have it.</summary>
        public void Add<TRow>()
            where TRow : ModelRow
        {
            if (Has(first) && Has(second))
                Add(RunTables.Read<TRow>(first), RunTables.Read<TRow>(second));

            bool Has(RunDirectory run) => run.Manifest.Lists(RunTables.PathOf(run, Schema<TRow>.Name));
        }

        public void Add<TRow>(IReadOnlyList<TRow> one, IReadOnlyList<TRow> other)
            where TRow : ModelRow
        {
            string table = Schema<TRow>.Name;
            Column<TRow>[] what =
            [
                .. Schema<TRow>.Columns.Where(
                    column => column.IsKey ? keys.Contains(column.Name) : !column.IsFigure && column.Name != "status"),
            ];
            Column<TRow>[] figures = [.. Schema<TRow>.Columns.Where(column => column.IsFigure)];
            List<(string Key, List<TRow> Rows)> a = Grouped(one), b = Grouped(other);
            Dictionary<string, List<TRow>> byKey = b.ToDictionary(group => group.Key, group => group.Rows);
            HashSet<string> met = [];
            foreach ((string key, List<TRow> rows) in a)
            {
                if (!byKey.TryGetValue(key, out List<TRow>? others))
                    continue;
                met.Add(key);
                Rows.Add(new ComparedRow(
                    table,
                    what.ToDictionary(column => column.Name, column => column.Text(rows[0]) ?? (object)column.Number(rows[0])),
                    [.. figures.Select(column => new ComparedFigure(column.Name, Of(column, rows), Of(column, others)))]));
            }

            Count(OnlyFirst, a.Count - met.Count);
            Count(OnlySecond, b.Count - met.Count);

            void Count(Dictionary<string, int> only, int number)
            {
                if (number > 0)
                    only.Add(table, number);
            }

            List<(string Key, List<TRow> Rows)> Grouped(IReadOnlyList<TRow> all) =>
            [
                .. all.GroupBy(row => string.Join('\0', what.Select(column => Text(column, row))))
                    .Select(group => (group.Key, group.ToList())),
            ];

            static Spread Of(Column<TRow> column, List<TRow> rows) => Spread.Of(rows.Where(row => row.Ok).Select(column.Number));
        }
    }
}
