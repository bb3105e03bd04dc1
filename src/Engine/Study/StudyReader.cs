using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>
/// Reads the merged tables of a run for its report. Of a very large run only a part is read, and history is averaged by the query, so
/// that memory does not grow with epochs.
/// </summary>
public static class StudyReader
{
    /// <summary>Above this many models a report shows a part of the run, chosen by <see cref="Choose"/>.</summary>
    public const int MostModels = 20_000;

    // A page with more lines than these is no page: 12 tasks x 16 sizes x 10 seeds x 8 rates are 15,360 models.
    private const int MostTasks = 12, MostSizes = 16, MostSeeds = 10, MostRates = 8;

    /// <summary>Everything that the run has; tables that it lacks are null, and told where its merge made them.</summary>
    /// <exception cref="UserErrorException">The run is not merged (exit 3), or a table is not the merge's (exit 2).</exception>
    /// <param name="choice">What the page is about; null: what the run's own sweep says.</param>
    public static StudyTables Read(RunDirectory run, ReportChoice? choice = null)
    {
        choice ??= new ReportChoice();
        string results = Schema<ResultRow>.Name;
        if (!File.Exists(RunTables.PathOf(run, results)))
        {
            throw new UserErrorException(
                $"{run.Path}: no results.parquet; the run is not merged, `gpumlp merge {Quoting.Bash(run.Path)}` makes it",
                ExitCodes.Incomplete);
        }

        (string where, IReadOnlyList<string> omitted) = Choose(run);
        List<string> unread = [], left = [];
        IReadOnlyList<ResultRow> models = RunTables.Read<ResultRow>(run, $"WHERE {where}");
        var shown = ShownModel.Of(run.Plan.Spec);
        TrainingWay way = choice.Training.One(run.Plan, new TrainingWay(shown.Variant, shown.Model.Training));
        ModelSpec model = shown.Model with { Training = way.Training };
        ModelKind kind = model.KeyOf(shown.Task, shown.Seed, run.Plan.Variants[way.Variant]).Kind;
        HashSet<ModelKey> trained = [.. models.Where(row => row.Ok).Select(row => row.Key)];
        IReadOnlyList<CurveRow> curves = Has(Schema<EpochMetrics>.Name) ? Curves(run, kind, where) : [];
        IReadOnlyList<TicketRow>? tickets = Optional<TicketRow>();

        // Figured out by other threads while the other tables are read.
        IReadOnlyList<EmbeddingRow>? pictures = Optional<EmbeddingRow>();
        Task<EmbeddingRow[]>? pure = pictures is not null && Has(Schema<EmbeddingPoint>.Name)
            ? Task.WhenAll(pictures.Select(row => Pure(row, Points(run, row)))) : null;
        StudyTables tables = new(
            run.Plan.Spec.Data, kind, models, curves,
            Optional<PruningRow>(), Optional<RobustnessRow>(), Optional<SaliencyRow>(), Optional<FinetuneRow>(),
            pure?.GetAwaiter().GetResult() ?? pictures, [.. omitted, .. left])
        {
            Tickets = tickets,
            FailedVersions =
            [
                .. Failed<PruningRow>().Concat(Failed<FinetuneRow>()).Concat(Failed<TicketRow>()).Where(row => trained.Contains(row.Key)),
            ],
            Unread = unread,
            Judges = choice.Judges ?? StudySweep.Is(run.Plan.Spec),
            Target = new F1Target(choice.TargetF1),
            HasPictures = RunPictures.Names(run.Plan).Any(),
        };
        if (OfBestWithClasses(models) is { } best)
        {
            tables = tables with
            {
                Classes = Optional<ClassRow>($"AND {best}") ?? [],
                Confusion = Optional<ConfusionRow>($"AND {best}") ?? [],
            };
        }

        return tables.Judges || curves.Count == 0 ? tables : tables with { FirstEnough = FirstEnough(run, tables, where) };

        // A failed model is in no table of a report but that of the results, which counts it.
        IReadOnlyList<TRow>? Optional<TRow>(string tail = "", string status = RunTables.IsOk) =>
            Has(Schema<TRow>.Name) ? RunTables.Read<TRow>(run, $"WHERE {where} AND {status} {tail}") : null;

        IEnumerable<PrunedRow> Failed<TRow>()
            where TRow : PrunedRow => Optional<TRow>(status: RunTables.HasFailed) ?? [];

        bool Has(string name)
        {
            string? problem = Unread(run, name);
            if (problem is not null && !unread.Contains(problem))
            {
                unread.Add(problem);
                left.Add($"{name}, as the run's {name}.parquet is missing or cannot be read");
            }

            return problem is null && run.Manifest.Lists(RunTables.PathOf(run, name));
        }
    }

    /// <summary>
    /// Has what makes rows of the largest tables compiled, which takes milliseconds each: for a thread that has nothing else to do.
    /// </summary>
    public static void WarmUp()
    {
        Schema<ResultRow>.Compile();
        Schema<PruningRow>.Compile();
        Schema<RobustnessRow>.Compile();
        Schema<SaliencyRow>.Compile();
        Schema<EmbeddingPoint>.Compile();
    }

    private static Task<EmbeddingRow> Pure(EmbeddingRow picture, IReadOnlyList<EmbeddingPoint> points) =>
        Task.Run(() => picture with { Purity = NeighbourPurity.Of(points) });

    /// <summary>The points of one picture, in the order of the file; empty when there are none.</summary>
    public static IReadOnlyList<EmbeddingPoint> Points(RunDirectory run, EmbeddingRow picture)
    {
        string name = Schema<EmbeddingPoint>.Name;
        return !run.Manifest.Lists(RunTables.PathOf(run, name)) || Unread(run, name) is not null ? []
            : RunTables.Read<EmbeddingPoint>(
                run, $"WHERE {Schema<ModelKey>.Equal(picture.Key)} AND method = {DuckSession.Quote(picture.Method)} "
                    + $"AND {RunTables.AtLevels([picture.Sparsity])}");
    }

    /// <summary>
    /// All of a run, or of a very large one evenly spaced tasks, seeds, rates and sizes and those that are shown, with a line that
    /// says so.
    /// </summary>
    private static (string Where, IReadOnlyList<string> Omitted) Choose(RunDirectory run)
    {
        long models = Ask<Total>("SELECT count(*) AS models FROM").Single().Models;
        if (models <= MostModels)
        {
            return ("true", []);
        }

        List<string> conditions = [], omitted
            = [$"{models} models are more than a page shows; tables and verdicts here are of a part, results.csv has all"];
        var shown = ShownModel.Of(run.Plan.Spec);
        (string, int, string)[] columns =
        [
            ("task", MostTasks, DuckSession.Quote($"{shown.Task}")), ("hidden", MostSizes, $"{shown.Model.Hidden}"),
            ("seed", MostSeeds, $"{shown.Seed}"), ("lr", MostRates, DuckSession.Number(shown.Model.LearningRate)),
        ];
        foreach ((string column, int most, string own) in columns)
        {
            IReadOnlyList<Distinct> values = Ask<Distinct>(
                $"SELECT DISTINCT {column}::VARCHAR AS value, ({column} = {own})::INTEGER AS shown, {column} AS place FROM",
                "ORDER BY place");
            if (values.Count > most)
            {
                string[] chosen =
                [
                    .. Enumerable.Range(0, most).Select(i => values[i * (values.Count - 1) / (most - 1)])
                        .Concat(values.Where(value => value.Shown != 0)).Select(value => value.Value).Distinct(),
                ];
                conditions.Add($"{column}::VARCHAR IN ({string.Join(", ", chosen.Select(DuckSession.Quote))})");
                omitted.Add($"{column}: {chosen.Length} of {values.Count}");
            }
        }

        return (conditions.Count == 0 ? "true" : string.Join(" AND ", conditions), omitted);

        IReadOnlyList<TRow> Ask<TRow>(string select, string tail = "") =>
            RunTables.Ask<TRow>(run, Schema<ResultRow>.Name, from => $"({select} {from})", tail);
    }

    private sealed record Total
    {
        [Column] public required long Models { get; init; }
    }

    /// <summary>A value that a column of the key has, and whether the shown model has it.</summary>
    private sealed record Distinct
    {
        [Column] public required string Value { get; init; }
        [Column] public required int Shown { get; init; }
    }

    // A matrix for each model of a sweep is more than a page is made of. Null where no model has a logit a class.
    private static string? OfBestWithClasses(IEnumerable<ResultRow> models)
    {
        string[] best =
        [
            .. SeedGroup.Of(models.Where(row => row.Kind.How.Loss == TrainingLoss.Softmax.Name())).GroupBy(group => group.Kind.Task)
                .Select(SeedGroup.Best).OfType<SeedGroup>().SelectMany(group => group.Models)
                .Select(row => $"({Schema<ModelKey>.Equal(row.Key)})"),
        ];
        return best.Length == 0 ? null : $"({string.Join(" OR ", best)})";
    }

    private static IReadOnlyList<CurveRow> Curves(RunDirectory run, ModelKind focus, string where) => RunTables.Ask<CurveRow>(
        run, Schema<EpochMetrics>.Name, from =>
            "(SELECT task, hidden, epoch, avg(train_f1) AS mean_f1, min(train_f1) AS min_f1, max(train_f1) AS max_f1, "
            + "avg(val_f1) AS mean_val_f1 "
            + $"FROM {from} WHERE {where} AND {RunTables.IsOk} AND lr = {DuckSession.Number(focus.Rate)} "
            + $"AND {Schema<TrainedHow>.Equal(focus.How)} GROUP BY task, hidden, epoch)",
        "ORDER BY task, hidden, epoch");

    /// <summary>
    /// Of every kind of model, the first epoch at which its mean F1 was enough for its task; most memory goes to one number a kind.
    /// </summary>
    private static IReadOnlyList<EnoughRow> FirstEnough(RunDirectory run, StudyTables tables, string where)
    {
        var targets = SeedGroup.Of(tables.Results).GroupBy(group => group.Kind.Task)
            .Select(task => (Task: task.Key, Bound: tables.Target.Of(task))).Where(task => task.Bound is not null).ToList();
        if (targets.Count == 0)
            return [];
        string key = $"task, hidden, lr, {Schema<TrainedHow>.Names}", f1 = tables.HasValidationCurves ? "val_f1" : "train_f1";
        string enough = string.Join(
            " ", targets.Select(task => $"WHEN {DuckSession.Quote(task.Task)} THEN {DuckSession.Number(task.Bound!.Value.Value)}"));
        return RunTables.Ask<EnoughRow>(
            run, Schema<EpochMetrics>.Name, from =>
                $"(SELECT {key}, min(reached) AS epoch FROM (SELECT {key}, epoch AS reached FROM {from} WHERE {where} AND {RunTables.IsOk} "
                // Epochs after which nobody looked are NaN, which DuckDB takes for larger than any number.
                + $"AND isfinite({f1}) GROUP BY {key}, epoch HAVING avg({f1}) >= CASE task {enough} END) GROUP BY {key})",
            "ORDER BY ALL");
    }

    /// <summary>Why a table that the merge made cannot be read now; null where it can be, or the run has none.</summary>
    /// <exception cref="UserErrorException">It can be read and is not the merge's: its figures are another run's, or damaged.</exception>
    private static string? Unread(RunDirectory run, string table)
    {
        try
        {
            if (run.Manifest.Lists(RunTables.PathOf(run, table)))
            {
                run.Manifest.Check(RunTables.PathOf(run, table));
            }

            return null;
        }
        catch (UserErrorException e) when (e.InnerException is { } cause && StorageErrors.IsStorage(cause))
        {
            return e.Message;
        }
    }
}
