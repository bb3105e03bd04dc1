using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Predictions;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Tables;

/// <summary>One declaration of a column serves all who write, read and show it; a file that does not fit is refused by name.</summary>
public sealed class SchemaTests : IDisposable
{
    private const string Key = "task VARCHAR, seed INTEGER, hidden INTEGER, lr DOUBLE, batch VARCHAR, epochs INTEGER, init_std DOUBLE, "
        + "weight_decay DOUBLE, loss VARCHAR, optimizer VARCHAR, momentum DOUBLE, beta1 DOUBLE, beta2 DOUBLE, schedule VARCHAR, "
        + "split VARCHAR, label_noise DOUBLE, train_images VARCHAR, class_weight VARCHAR, dropout DOUBLE, "
        + "patience INTEGER";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_and_their_types_are_those_that_are_promised()
    {
        const string Metrics = "{0}loss DOUBLE, {0}accuracy DOUBLE, {0}precision DOUBLE, {0}recall DOUBLE, {0}f1 DOUBLE, {0}auc DOUBLE";
        const string Dead = "dead_inactive INTEGER, dead_no_input INTEGER, dead_no_output INTEGER";
        string train = string.Format(null, Metrics, "train_"), validation = string.Format(null, Metrics, "val_");
        string test = string.Format(null, Metrics, "test_");
        AssertColumns<ResultRow>($"{Key}, {train}, {validation}, best_train_f1 DOUBLE, best_train_f1_epoch INTEGER, "
            + $"learned_epoch INTEGER, {Dead}, {test}, best_epoch INTEGER, stopped_epoch INTEGER, status VARCHAR");
        AssertColumns<EpochMetrics>(
            "train_loss DOUBLE, train_accuracy DOUBLE, train_precision DOUBLE, train_recall DOUBLE, train_f1 DOUBLE, "
            + "val_loss DOUBLE, val_accuracy DOUBLE, val_f1 DOUBLE");
        const string Pruned = $"zero_w1 DOUBLE, zero_w2 DOUBLE, weights_left INTEGER, val_f1 DOUBLE, val_auc DOUBLE, "
            + $"val_accuracy DOUBLE, {Dead}, status VARCHAR";
        AssertColumns<PruningRow>($"{Key}, method VARCHAR, sparsity DOUBLE, {Pruned}");
        AssertColumns<FinetuneRow>($"{Key}, protocol VARCHAR, method VARCHAR, sparsity DOUBLE, finetune_epochs INTEGER, {Pruned}");
        AssertColumns<TicketRow>($"{Key}, control VARCHAR, method VARCHAR, round INTEGER, sparsity DOUBLE, trained_epochs INTEGER, "
            + $"val_loss DOUBLE, {Pruned}");
        AssertColumns<RobustnessRow>($"{Key}, corruption VARCHAR, severity DOUBLE, val_f1 DOUBLE, val_accuracy DOUBLE, status VARCHAR");
        AssertColumns<SaliencyRow>($"{Key}, method VARCHAR, pruning VARCHAR, sparsity DOUBLE, image INTEGER, spearman DOUBLE, ssim DOUBLE, "
            + "topk_iou DOUBLE, status VARCHAR");
        AssertColumns<EmbeddingRow>($"{Key}, method VARCHAR, sparsity DOUBLE, points INTEGER, perplexity DOUBLE, kl DOUBLE, "
            + "trustworthiness DOUBLE, neighbours_kept DOUBLE, status VARCHAR");
        AssertColumns<PredictionRow>("part VARCHAR, image INTEGER, label INTEGER, class INTEGER, logit DOUBLE, status VARCHAR");
        AssertColumns<ClassRow>(
            $"{Key}, class INTEGER, images INTEGER, val_precision DOUBLE, val_recall DOUBLE, val_f1 DOUBLE, val_auc DOUBLE, "
                + "status VARCHAR");
        AssertColumns<ConfusionRow>($"{Key}, class INTEGER, predicted INTEGER, images INTEGER, status VARCHAR");
        AssertColumns<EmbeddingPoint>(
            $"{Key}, method VARCHAR, sparsity DOUBLE, image INTEGER, label INTEGER, x DOUBLE, y DOUBLE, status VARCHAR");
    }

    [Fact]
    public void A_row_is_read_by_the_names_of_columns_in_whatever_order_and_company_they_stand()
    {
        RunDirectory run = Merged();
        IReadOnlyList<PruningRow> expected = RunTables.Read<PruningRow>(run);
        string file = Changed(run, "pruning", "SELECT status, val_f1, 7 AS stranger, * EXCLUDE (status, val_f1, seed), seed");
        Assert.Equal(16 * 4, expected.Count);
        Assert.Equal(expected, Schema<PruningRow>.Query(file));
    }

    [Theory]
    [InlineData("SELECT * EXCLUDE val_auc", "no column val_auc")]
    [InlineData("SELECT * RENAME (val_auc AS auc)", "no column val_auc")]
    [InlineData("SELECT * REPLACE (val_auc::VARCHAR AS val_auc)", "column val_auc is VARCHAR instead of DOUBLE")]
    [InlineData("SELECT * REPLACE (val_auc::FLOAT AS val_auc)", "column val_auc is FLOAT instead of DOUBLE")]
    [InlineData("SELECT * REPLACE (seed::BIGINT AS seed)", "column seed is BIGINT instead of INTEGER")]
    public void A_column_that_is_missing_renamed_or_of_another_type_is_refused_with_file_and_column(string select, string problem)
    {
        RunDirectory run = Merged();
        string path = run.TablePath("pruning.parquet");
        Changed(run, "pruning", select);
        File.Move(_folder.File("changed.parquet"), path, overwrite: true);
        run.Manifest.Add(path);
        UserErrorException error = Assert.Throws<UserErrorException>(() => RunTables.Read<PruningRow>(run));
        Assert.StartsWith($"{path}: {problem}; ", error.Message);
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.Equal(error.Message, Assert.Throws<UserErrorException>(() => StudyReader.Read(run)).Message);
    }

    [Fact]
    public void A_unit_without_a_column_is_refused_with_file_and_column()
    {
        RunDirectory run = Merged();
        string source = DuckSession.Parquet(run.UnitPath(0));
        Copy($"SELECT * EXCLUDE history_train_f1 FROM {source}", run.UnitPath(1));
        UserErrorException error = Assert.Throws<UserErrorException>(() => UnitFile.Read(run.UnitPath(1)));
        Assert.StartsWith($"{run.UnitPath(1)}: no column history_train_f1; ", error.Message);
    }

    [Fact]
    public void NULL_and_NaN_are_each_others_and_without_figures_a_row_keeps_what_was_asked_for()
    {
        PruningRow row = SampleRun.ResultOf(SampleRun.Plan, SampleRun.Plan.Units[0]).Models[0].Pruning[0], failed = row.AsFailed();
        Assert.Equal((row.Key, row.Method, row.Sparsity, Statuses.Failed), (failed.Key, failed.Method, failed.Sparsity, failed.Status));
        Assert.All(
            Schema<PruningRow>.Own.Where(column => column.IsFigure), column => Assert.Equal(double.NaN, column.Number(failed)));
        Assert.Equal((double?)null, Cells.ToNull(double.NaN));
        Assert.Equal((double?)null, Cells.ToNull(double.NegativeInfinity));
        Assert.Equal((double.NaN, 0.5, (double?)0.5), (Cells.ToNaN(null), Cells.ToNaN(0.5), Cells.ToNull(0.5)));
    }

    [Fact]
    public void Every_number_has_a_unit_and_heads_are_words_for_people()
    {
        Assert.All(Schema<ResultRow>.Own, column => Assert.NotEmpty(column.Unit));
        Assert.Equal(("val AUC", "val accuracy", "rate"),
            (Schema<ResultRow>.Column("val_auc").Head, Schema<ResultRow>.Column("val_accuracy").Head, Schema<ResultRow>.Column("lr").Head));
        Assert.Throws<KeyNotFoundException>(() => Schema<ResultRow>.Column("val_recal"));
    }

    private static void AssertColumns<TRow>(string promised) =>
        Assert.Equal(promised, string.Join(", ", Schema<TRow>.Columns.Select(column => $"{column.Name} {column.Type}")));

    private RunDirectory Merged()
    {
        var run = RunDirectory.OpenOrCreate(_folder.File("run"), SampleRun.Plan);
        foreach (var unit in SampleRun.Plan.Units)
            run.WriteUnit(SampleRun.ResultOf(SampleRun.Plan, unit));
        Assert.Empty(RunMerger.Merge(run));
        return run;
    }

    /// <returns>For a FROM.</returns>
    private string Changed(RunDirectory run, string table, string select)
    {
        Copy($"{select} FROM {DuckSession.Parquet(run.TablePath($"{table}.parquet"))}", _folder.File("changed.parquet"));
        return DuckSession.Parquet(_folder.File("changed.parquet"));
    }

    private static void Copy(string query, string path) => DuckSession.Use(connection =>
    {
        connection.Execute($"COPY ({query}) TO {DuckSession.Quote(path)} (FORMAT parquet)");
        return true;
    });
}
