using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Comparison;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp compare RUN RUN</c>: the figures of two runs side by side.</summary>
internal static class CompareCommand
{
    internal sealed class Options : RunFolderOptions
    {
        public override IReadOnlyList<string> RunWords => ["RUN", "RUN2"];

        [Option("hidden")]
        [Flag("LIST", "of pruning and corruption print these sizes (default: 24, or the nearest that both have)", "24,64")]
        public string? Hidden { get; set; }

        [Option("json"), Flag("every figure of every table as one JSON object, for programs")]
        public bool Json { get; set; }

        public override bool OnlyPrints => true;
    }

    public static Verb Verb { get; } = new Verb<Options>("compare", Run)
    {
        Summary = "two runs side by side, with differences beyond the spread over seeds marked",
        About = """
            gpumlp compare RUN RUN2 prints the figures of two merged runs side by side: loss,
            accuracy and F1 of each task and size, and F1 of pruned models and corrupted
            images where both have them. Models belong together by task, size, rate and
            training; where the runs differ in one of these alone, it is what is compared.
            """,
        Notes = Legend + """


            Example
              gpumlp sweep --preset quick --seeds 0..4 --out runs/a
              gpumlp sweep --preset quick --seeds 0..4 --lr 0.1 --out runs/b
              gpumlp compare runs/a runs/b
            """,
    };

    private const string Legend = """
        Mean ± sample standard deviation over the seeds. *: the means differ by more
        than the standard deviation of the difference of two models, one of each run.
        Without a spread (one seed) nothing is marked.
        """;

    // What says most, of the many columns of a table; --json has all.
    private static readonly (string Table, string[] Figures)[] s_shown =
    [
        ("results", ["val_f1", "val_accuracy", "val_loss"]),
        ("pruning", ["val_f1"]),
        ("finetune", ["val_f1"]),
        ("tickets", ["val_f1"]),
        ("robustness", ["val_f1"]),
    ];

    private static HashSet<string> TrainingColumns =>
        field ??= [.. Schema<ResultRow>.Columns.Where(column => column.IsKey).Select(column => column.Name)];

    /// <exception cref="UserErrorException">No run, one that is not merged (3), or runs without a model in common.</exception>
    private static int Run(Options options, CommandIo io)
    {
        IReadOnlyList<int>? asked = options.Hidden is { } text ? SpecItems.HiddenSize.Parse("--hidden", text) : null;
        RunDirectory[] runs = [.. options.Runs.Select(RunDirectory.Open)];
        RunComparison comparison = PhaseClock.OnTerminal(io, quiet: false)
            .Measure("compare", () => RunComparison.Of(runs[0], runs[1]));
        int[] sizes = [.. comparison.Rows.Select(row => (int)(double)row.Key["hidden"]).Distinct().Order()];
        if (asked?.Except(sizes).ToArray() is [var absent, ..])
            throw new UserErrorException($"--hidden: {absent} is no size of both runs; must be some of {string.Join(", ", sizes)}");
        if (options.Json)
            WriteJson(runs, comparison, io);
        else
            Write(runs, comparison, asked ?? [sizes.MinBy(size => (Math.Abs(size - ShownModel.StudySize), size))], io);
        return ExitCodes.Done;
    }

    private static void Write(RunDirectory[] runs, RunComparison comparison, IReadOnlyList<int> sizes, CommandIo io)
    {
        for (int i = 0; i < runs.Length; i++)
        {
            Plan plan = runs[i].Plan;
            io.Out.WriteLine($"{"AB"[i]}  {runs[i].Path}: {plan.Units.Sum(unit => (long)unit.ModelCount)} models, plan {plan.Hash[..12]}");
        }

        foreach (PlanChange change in comparison.Changes)
            io.Out.WriteLine($"   {change}");
        WriteOnly("A", comparison.OnlyFirst, io);
        WriteOnly("B", comparison.OnlySecond, io);
        string[] shownSizes = [.. sizes.Select(size => $"{size}")];
        foreach ((string table, string[] figures) in s_shown)
        {
            ComparedRow[] rows =
            [
                .. comparison.Rows.Where(row => row.Table == table && (table == "results" || shownSizes.Contains(row.Text("hidden")))),
            ];
            if (rows.Length == 0)
                continue;
            io.Out.WriteLine();
            WriteTable(table == "results" ? "results" : $"{table}, H = {string.Join(", ", shownSizes)}", rows, figures, io);
        }

        io.Out.WriteLine();
        io.Out.WriteLine(Legend);
    }

    private static void WriteTable(string title, ComparedRow[] rows, string[] figures, CommandIo io)
    {
        // A column in which all rows are the same says nothing; how models are trained stands above, what was done to them here.
        string[] keys =
        [
            .. rows[0].Key.Keys.Where((key, i) => i < 2 || rows.Select(row => row.Text(key)).Distinct().Count() > 1),
        ];
        IEnumerable<string> own = rows[0].Key.Keys.Where(key => !keys.Contains(key) && !TrainingColumns.Contains(key));
        string head = string.Concat([title, .. own.Select(key => $", {key} {rows[0].Text(key)}")]);
        TextTable table = new(head, [.. keys, "figure", "A", "B", "B - A", ""], rightAlignedFrom: keys.Length + 1);
        foreach (ComparedRow row in rows)
        {
            foreach (string name in figures)
            {
                ComparedFigure figure = row.Figure(name);
                table.Add(
                [
                    .. keys.Select(row.Text), name, Text(figure.First), Text(figure.Second),
                    Difference(figure.Difference),
                    figure.IsBeyondSpread == true ? "*" : "",
                ]);
            }
        }

        table.Write(io.Out, io.OutIsTerminal);
    }

    private static string Difference(double value) =>
        double.IsNaN(value) ? "-" : value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    private static void WriteOnly(string run, IReadOnlyDictionary<string, int> only, CommandIo io)
    {
        if (only.Count > 0)
        {
            string told = string.Join(", ", only.Select(table => $"{table.Value} of {table.Key}"));
            io.Out.WriteLine($"   in {run} alone, and left out: {told}");
        }
    }

    private static string Text(Spread spread)
    {
        if (double.IsNaN(spread.Mean))
            return "-";
        string mean = spread.Mean.ToString("0.000", CultureInfo.InvariantCulture);
        return spread.Count == 1 ? mean : $"{mean} ± {spread.Std.ToString("0.000", CultureInfo.InvariantCulture)}";
    }

    private static void WriteJson(RunDirectory[] runs, RunComparison comparison, CommandIo io) => JsonText.Write(io.Out, new
    {
        JsonText.Format,
        Runs = runs.Select(run => new
        {
            Run = run.Path,
            PlanHash = run.Plan.Hash,
            Models = run.Plan.Units.Sum(unit => (long)unit.ModelCount),
        }),
        Changes = comparison.Changes.Select(Told),
        Compared = comparison.Different.Select(Told),
        OnlyFirst = comparison.OnlyFirst,
        OnlySecond = comparison.OnlySecond,
        Rows = comparison.Rows.Select(row => new
        {
            row.Table,
            row.Key,
            Figures = row.Figures.ToDictionary(figure => figure.Name, figure => new
            {
                First = Told(figure.First),
                Second = Told(figure.Second),
                figure.Difference,
                BeyondSpread = figure.IsBeyondSpread,
            }),
        }),
    });

    private static object Told(PlanChange change) => new { change.Field, First = change.Old, Second = change.New };

    private static object Told(Spread spread) => new { spread.Count, spread.Mean, spread.Std };
}
