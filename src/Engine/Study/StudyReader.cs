using DuckDB.NET.Data;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Sweeps;

namespace GpuMlp.Engine.Study;

/// <summary>
/// Reads the merged tables of a run for its report. Only what a report shows is read, and history and saliency are averaged
/// by the query, so that memory does not grow with epochs or images.
/// </summary>
public static class StudyReader
{
    /// <summary>Above this many models a report shows a part of the run, chosen by <see cref="Choose"/>.</summary>
    public const int MostModels = 20_000;

    // A page with more lines than these is no page: 12 tasks x 16 sizes x 10 seeds x 8 rates are 15,360 models.
    private const int MostTasks = 12, MostSizes = 16, MostSeeds = 10, MostRates = 8;

    // A failed model is in no table of a report but that of the results, which counts it.
    private const string Ok = $"status = '{Training.Trainer.Ok}'";

    private const string Key = "task, seed, hidden, lr, batch, epochs, init_std, weight_decay";

    /// <summary>Everything that the run has; tables that it lacks are null, and told where its merge made them.</summary>
    /// <exception cref="UserErrorException">The run is not merged (exit 3), or a table is not the merge's (exit 2).</exception>
    public static StudyTables Read(RunDirectory run)
    {
        if (!File.Exists(Path(run, "results")))
        {
            throw new UserErrorException(
                $"{run.Path}: no results.parquet; the run is not merged, `gpumlp merge {Quoting.Bash(run.Path)}` makes it", ExitCodes.Incomplete);
        }

        run.Manifest.Check(Path(run, "results"));
        List<string> unread = [], left = [];

        string table = "results";
        try
        {
            (string where, IReadOnlyList<string> omitted) = Choose(run);
            IReadOnlyList<ResultRow> results = Rows(run, table, "best_train_f1, train_f1, val_f1, val_auc, val_accuracy, dead_inactive, dead_no_input, dead_no_output, status", where, "", Result);
            var shown = ShownModel.Of(run.Plan.Spec);
            var kind = new ModelKind(
                shown.Task.ToString(), shown.Model.Hidden, shown.Model.LearningRate, TrainedHow.Of(run.Plan.Variants[shown.Variant]));
            IReadOnlyList<CurveRow> curves = Has(table = "history") ? Curves(run, kind, where) : [];
            const string Pruning = "method, sparsity, zero_w1, zero_w2, val_f1, dead_inactive, dead_no_input, dead_no_output";
            const string Finetune = "protocol, method, sparsity, finetune_epochs, val_f1";
            IReadOnlyList<PruningRow>? pruning = Optional(table = "pruning", Pruning, "", Pruned);
            IReadOnlyList<RobustnessRow>? robustness = Optional(table = "robustness", "corruption, severity, val_f1", "", Corrupted);
            IReadOnlyList<SaliencyRow>? saliency = Optional(table = "saliency", "method, pruning, sparsity, avg(spearman), avg(ssim), avg(topk_iou)", $"GROUP BY {Key}, method, pruning, sparsity ORDER BY ALL", Map);
            IReadOnlyList<FinetuneRow>? finetune = Optional(table = "finetune", Finetune, "", Finetuned);
            IReadOnlyList<EmbeddingRow>? embedding = Optional(table = "embedding", "method, sparsity, points, perplexity, kl, trustworthiness", "", Embedded);
            if (Has(table = "embedding_points"))
            {
                embedding = embedding?.Select(row => row with { Purity = NeighbourPurity.Of(Points(run, row)) }).ToList();
            }

            HashSet<(ModelKind, int)> trained = [.. results.Where(row => row.Ok).Select(row => (row.Kind, row.Seed))];
            return new StudyTables(
                run.Plan.Spec.Data, kind, results, curves, pruning, robustness, saliency, finetune, embedding, [.. omitted, .. left])
            {
                FailedVersions =
                [
                    .. (Optional(table = "pruning", Pruning, "", Pruned, failed: true) ?? [])
                        .Select(row => new FailedVersion(row.Kind, row.Seed, PruningHow.Of(row), row.Sparsity))
                        .Concat((Optional(table = "finetune", Finetune, "", Finetuned, failed: true) ?? [])
                            .Select(row => new FailedVersion(row.Kind, row.Seed, PruningHow.Of(row), row.Sparsity)))
                        .Where(row => trained.Contains((row.Kind, row.Seed))),
                ],
                Unread = unread,
            };

            IReadOnlyList<T>? Optional<T>(string name, string columns, string tail, Func<ModelKind, int, Cells, T> row,
                bool failed = false) =>
                Has(name) ? Rows(run, name, columns, $"{where} AND {(failed ? "NOT " : "")}{Ok}", tail, row) : null;

            bool Has(string name)
            {
                string? problem = Unread(run, name);
                if (problem is not null && !unread.Contains(problem))
                {
                    unread.Add(problem);
                    left.Add($"{name}, as the run's {name}.parquet is missing or cannot be read");
                }

                return problem is null && run.Manifest.Lists(Path(run, name));
            }
        }
        catch (Exception e) when (e is DuckDBException or InvalidCastException)
        {
            throw new UserErrorException($"{Path(run, table)}: damaged or of another version; the command that made the run writes it again", inner: e);
        }
    }

    /// <summary>The points of one picture, in the order of the file; empty when there are none.</summary>
    public static IReadOnlyList<EmbeddingPoint> Points(RunDirectory run, EmbeddingRow picture)
    {
        List<EmbeddingPoint> points = [];
        if (run.Manifest.Lists(Path(run, "embedding_points")) && Unread(run, "embedding_points") is null)
        {
            ModelKind kind = picture.Kind;
            string where = $"task = {DuckSession.Quote(kind.Task)} AND seed = {picture.Seed} AND hidden = {kind.Hidden} AND {Same(kind.Rate, kind.How)} "
                + $"AND method = {DuckSession.Quote(picture.Method)} AND sparsity = {Say.Number(picture.Sparsity)}::DOUBLE";
            Query($"SELECT x::DOUBLE, y::DOUBLE, label::INTEGER FROM {From(run, "embedding_points")} WHERE {where}", cells =>
                points.Add(new EmbeddingPoint(cells.Number(), cells.Number(), cells.Integer())));
        }

        return points;
    }

    /// <summary>
    /// All of a run, or of a very large one evenly spaced tasks, seeds, rates and sizes and those that are shown, with a line that
    /// says so.
    /// </summary>
    private static (string Where, IReadOnlyList<string> Omitted) Choose(RunDirectory run)
    {
        string from = From(run, "results");
        long models = 0;
        Query($"SELECT count(*) FROM {from}", cells => models = cells.Long());
        if (models <= MostModels)
        {
            return ("true", []);
        }

        List<string> conditions = [], omitted = [$"{models} models are more than a page shows; tables and verdicts here are of a part, results.csv has all"];
        var shown = ShownModel.Of(run.Plan.Spec);
        (string, int, string)[] columns =
        [
            ("task", MostTasks, DuckSession.Quote($"{shown.Task}")), ("hidden", MostSizes, $"{shown.Model.Hidden}"),
            ("seed", MostSeeds, $"{shown.Seed}"), ("lr", MostRates, $"{Say.Number(shown.Model.LearningRate)}::DOUBLE"),
        ];
        foreach ((string column, int most, string own) in columns)
        {
            List<(string Value, bool Shown)> values = [];
            Query(
                $"SELECT DISTINCT {column}::VARCHAR, ({column} = {own})::INTEGER, {column} FROM {from} ORDER BY {column}",
                cells => values.Add((cells.Text(), cells.Integer() != 0)));
            if (values.Count > most)
            {
                string[] chosen =
                [
                    .. Enumerable.Range(0, most).Select(i => values[i * (values.Count - 1) / (most - 1)])
                        .Concat(values.Where(value => value.Shown)).Select(value => value.Value).Distinct(),
                ];
                conditions.Add($"{column}::VARCHAR IN ({string.Join(", ", chosen.Select(DuckSession.Quote))})");
                omitted.Add($"{column}: {chosen.Length} of {values.Count}");
            }
        }

        return (conditions.Count == 0 ? "true" : string.Join(" AND ", conditions), omitted);
    }

    private static List<CurveRow> Curves(RunDirectory run, ModelKind focus, string where)
    {
        List<CurveRow> rows = [];
        Query(
            $"SELECT task, hidden, epoch, avg(train_f1), min(train_f1), max(train_f1), avg(train_loss) FROM {From(run, "history")} "
            + $"WHERE {where} AND {Ok} AND {Same(focus.Rate, focus.How)} GROUP BY task, hidden, epoch ORDER BY task, hidden, epoch",
            cells => rows.Add(new CurveRow(
                new ModelKind(cells.Text(), cells.Integer(), focus.Rate, focus.How),
                cells.Integer(), cells.Number(), cells.Number(), cells.Number(), cells.Number())));
        return rows;
    }

    private static List<T> Rows<T>(RunDirectory run, string table, string columns, string where, string tail, Func<ModelKind, int, Cells, T> row)
    {
        List<T> rows = [];

        // Tasks and methods come again and again: one string each.
        Dictionary<string, string> pool = [];
        Query($"SELECT {Key}, {columns} FROM {From(run, table)} WHERE {where} {tail}", cells =>
        {
            cells.Pool = pool;
            string task = cells.Text();
            int seed = cells.Integer(), hidden = cells.Integer();
            double rate = cells.Number();
            rows.Add(row(new ModelKind(task, hidden, rate, new TrainedHow(cells.Text(), cells.Integer(), cells.Number(), cells.Number())), seed, cells));
        });
        return rows;
    }

    private static ResultRow Result(ModelKind kind, int seed, Cells cells) => new(
        kind, seed, cells.Number(), cells.Number(), cells.Number(), cells.Number(), cells.Number(),
        cells.Count(), cells.Count(), cells.Count(), cells.Text() == Training.Trainer.Ok);

    private static PruningRow Pruned(ModelKind kind, int seed, Cells cells) => new(
        kind, seed, cells.Text(), cells.Number(), cells.Number(), cells.Number(), cells.Number(), cells.Count(),
        cells.Count(), cells.Count());

    private static RobustnessRow Corrupted(ModelKind kind, int seed, Cells cells) => new(kind, seed, cells.Text(), cells.Number(), cells.Number());

    private static SaliencyRow Map(ModelKind kind, int seed, Cells cells) => new(
        kind, seed, cells.Text(), cells.Text(), cells.Number(), cells.Number(), cells.Number(), cells.Number());

    private static FinetuneRow Finetuned(ModelKind kind, int seed, Cells cells) => new(
        kind, seed, cells.Text(), cells.Text(), cells.Number(), cells.Integer(), cells.Number());

    private static EmbeddingRow Embedded(ModelKind kind, int seed, Cells cells) => new(
        kind, seed, cells.Text(), cells.Number(), cells.Integer(), cells.Number(), cells.Number(), cells.Number(), double.NaN);

    private static string Same(double rate, TrainedHow how) =>
        $"lr = {Say.Number(rate)}::DOUBLE AND batch = {DuckSession.Quote(how.Batch)} AND epochs = {how.Epochs} "
        + $"AND init_std = {Say.Number(how.InitStd)}::DOUBLE AND weight_decay = {Say.Number(how.WeightDecay)}::DOUBLE";

    private static string Path(RunDirectory run, string table) => run.TablePath($"{table}.parquet");

    /// <summary>Why a table that the merge made cannot be read now; null where it can be, or the run has none.</summary>
    /// <exception cref="UserErrorException">It can be read and is not the merge's: its figures are another run's, or damaged.</exception>
    private static string? Unread(RunDirectory run, string table)
    {
        try
        {
            if (run.Manifest.Lists(Path(run, table)))
            {
                run.Manifest.Check(Path(run, table));
            }

            return null;
        }
        catch (UserErrorException e) when (e.InnerException is { } cause && StorageErrors.IsStorage(cause))
        {
            return e.Message;
        }
    }

    private static string From(RunDirectory run, string table) => DuckSession.Parquet(Path(run, table));

    private static void Query(string sql, Action<Cells> row) => DuckSession.Use(connection =>
    {
        connection.Query(sql, reader => row(new Cells(reader)));
        return true;
    });

    /// <summary>The cells of a row, taken from left to right.</summary>
    private sealed class Cells(DuckDBDataReader reader)
    {
        private int _next;

        public Dictionary<string, string>? Pool { get; set; }

        public string Text()
        {
            string text = reader.GetString(_next++);
            if (Pool is null)
            {
                return text;
            }

            return Pool.TryGetValue(text, out string? known) ? known : Pool[text] = text;
        }

        /// <summary>NaN for NULL: figures that are not finite are stored so.</summary>
        public double Number() => reader.IsDBNull(_next) ? Skip() : Convert.ToDouble(reader.GetValue(_next++), System.Globalization.CultureInfo.InvariantCulture);

        public int Integer() => reader.GetInt32(_next++);

        /// <summary>0 for NULL: of a failed model, whose figures mean nothing.</summary>
        public int Count() => reader.IsDBNull(_next++) ? 0 : reader.GetInt32(_next - 1);

        public long Long() => reader.GetInt64(_next++);

        private double Skip()
        {
            _next++;
            return double.NaN;
        }
    }
}
