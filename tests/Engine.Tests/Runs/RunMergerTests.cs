using System.Security.Cryptography;
using System.Text.Json;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Tests.Runs;

[Trait("Size", "large")]
public sealed class RunMergerTests
{
    private const string KeyColumns = "task,seed,hidden,lr,batch,epochs,init_std,weight_decay,loss,"
        + "optimizer,momentum,beta1,beta2,schedule,split,label_noise,train_images,class_weight,dropout,patience";

    private const string How = "full,3,0.1,0.0,logistic,sgd,0.0,0.0,0.0,constant,balanced,0.0,all,none,0.0,0";

    private static readonly int s_keys = KeyColumns.Split(',').Length;

    private const string ResultColumns =
        "train_loss,train_accuracy,train_precision,train_recall,train_f1,train_auc,val_loss,val_accuracy,val_precision,"
        + "val_recall,val_f1,val_auc,best_train_f1,best_train_f1_epoch,learned_epoch,dead_inactive,dead_no_input,dead_no_output,"
        + "test_loss,test_accuracy,test_precision,test_recall,test_f1,test_auc,best_epoch,stopped_epoch,status";

    private static readonly Plan s_plan = SampleRun.Plan;

    [Fact]
    public void A_merge_tells_every_unit_table_and_cohort_that_it_has_done()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, s_plan, s_plan.Units);
        List<(string What, int Done, int All)> told = [];
        RunMerger.Merge(run, out _, (what, done, all) =>
        {
            lock (told)
                told.Add((what, done, all));
        });
        int units = s_plan.Units.Count, cohorts = s_plan.Spec.Tasks.Count * s_plan.Spec.Seeds.Count;
        Assert.Equal(Enumerable.Range(0, units + 1).Select(n => ("units", n, units)), told.Take(units + 1).Order());
        string[] tables = [.. run.Manifest.Tables.Keys];
        Assert.Equal(
            Enumerable.Range(0, tables.Length).Select(n => (n, tables.Length)),
            told.Skip(units + 1).Take(tables.Length).Select(step => (step.Done, step.All)));
        Assert.Equal(
            tables.Select(table => $"table {table}").Order(),
            told.Skip(units + 1).Take(tables.Length).Select(step => step.What).Order());
        Assert.Equal(
            Enumerable.Range(0, cohorts + 1).Select(n => ("weights", n, cohorts)), told.Skip(units + 1 + tables.Length));
    }

    [Fact]
    public void Tables_have_the_promised_columns_rows_and_order()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, s_plan, s_plan.Units);
        string[] results = File.ReadAllLines(run.TablePath("results.csv"));
        Assert.Equal($"{KeyColumns},{ResultColumns}", results[0]);
        Assert.Equal(1 + (2 * 2 * 4), results.Length);
        string[] keys = [.. results.Skip(1).Select(line => string.Join(',', line.Split(',').Take(s_keys)))];
        Assert.Equal([
            $"4v9,42,4,0.1,{How}", $"4v9,42,2,0.1,{How}", $"4v9,42,4,1e-05,{How}", $"4v9,42,2,1e-05,{How}", $"4v9,0,4,0.1,{How}",
        ], keys.Take(5));
        Assert.StartsWith("0v1,0,2,1e-05,full,3,", results[^1]);

        string[] history = File.ReadAllLines(run.TablePath("history.csv"));
        Assert.Equal($"{KeyColumns},epoch,train_loss,train_accuracy,train_precision,train_recall,train_f1,"
            + "val_loss,val_accuracy,val_f1,status", history[0]);
        Assert.Equal(1 + (16 * 3), history.Length);
        Assert.Equal(["1", "2", "3", "1"], history.Skip(1).Take(4).Select(line => line.Split(',')[s_keys]));

        string[] pruning = File.ReadAllLines(run.TablePath("pruning.csv"));
        Assert.Equal(
            $"{KeyColumns},method,sparsity,zero_w1,zero_w2,weights_left,val_f1,val_auc,val_accuracy,"
                + "dead_inactive,dead_no_input,dead_no_output,status",
            pruning[0]);
        Assert.Equal(1 + (16 * 4), pruning.Length);
        Assert.Equal(
            ["4,random,0.5", "4,random,0.0095", "4,w1,0.5", "4,w1,0.0095", "2,random,0.5"],
            pruning.Skip(1).Take(5).Select(line => $"{line.Split(',')[2]},{string.Join(',', line.Split(',')[s_keys..(s_keys + 2)])}"));
        string[] robustness = File.ReadAllLines(run.TablePath("robustness.csv"));
        Assert.Equal($"{KeyColumns},corruption,severity,val_f1,val_accuracy,status", robustness[0]);
        Assert.Equal(
            ["salt-pepper,0.25", "occlusion,7.0", "salt-pepper,0.25"],
            robustness.Skip(1).Take(3).Select(line => string.Join(',', line.Split(',')[s_keys..(s_keys + 2)])));
        Assert.Equal(1 + (16 * 2), robustness.Length);
        string[] saliency = File.ReadAllLines(run.TablePath("saliency.csv"));
        Assert.Equal($"{KeyColumns},method,pruning,sparsity,image,spearman,ssim,topk_iou,status", saliency[0]);
        Assert.Equal(
            ["integrated,reinitialised,0.0,-1", "integrated,random,0.5,-1", "integrated,random,0.0095,-1"],
            saliency.Skip(1).Take(3).Select(line => string.Join(',', line.Split(',')[s_keys..(s_keys + 4)])));
        Assert.Equal(1 + (16 * 5), saliency.Length);
        foreach (string table in new[] { "results", "history", "pruning", "robustness", "saliency" })
        {
            Assert.Equal(
                ReadBack($"read_csv({Quoted(run, $"{table}.csv")})"),
                ReadBack($"read_parquet({Quoted(run, $"{table}.parquet")})"));
        }
    }

    [Fact]
    public void Numbers_in_the_tables_are_those_of_the_results_to_the_last_bit()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, s_plan, s_plan.Units);
        double[][] csv = [.. File.ReadLines(run.TablePath("results.csv")).Skip(1)
            .Select(line => line.Split(',')[s_keys..^1].Select(double.Parse).ToArray())];
        double[][] expected = [.. s_plan.Units.SelectMany(unit => SampleRun.ResultOf(s_plan, unit).Models).Select(NumbersOf)];
        Assert.Equal(expected, csv);
    }

    [Fact]
    public void Numbers_in_the_pruning_table_are_those_of_the_results_to_the_last_bit()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, s_plan, s_plan.Units);
        double[][] csv = [.. File.ReadLines(run.TablePath("pruning.csv")).Skip(1)
            .Select(line => line.Split(',')[(s_keys + 1)..^1].Select(double.Parse).ToArray())];
        Assert.Equal(
            s_plan.Units.SelectMany(unit => SampleRun.ResultOf(s_plan, unit).Models).SelectMany(model => model.Pruning).Select(row => new[]
            {
                row.Sparsity, row.ZeroW1, row.ZeroW2, row.WeightsLeft!.Value, row.ValF1, row.ValAuc, row.ValAccuracy,
                row.DeadInactive!.Value, row.DeadNoInput!.Value, row.DeadNoOutput!.Value,
            }),
            csv);
    }

    [Fact]
    public void A_run_without_pruning_has_no_table_of_it()
    {
        using TemporaryFolder folder = new();
        Plan plan = Plan.Create(
            SampleRun.Spec with { Sparsity = [], Pruning = [], FinetuneEpochs = 0, Rewind = false },
            SampleRun.DataHash,
            SampleRun.Inputs,
            (_, _) => new(20));
        RunDirectory run = Finished(folder.Path, plan, plan.Units);
        Assert.Empty(Directory.EnumerateFiles(run.Path, "pruning.*"));
        Assert.Empty(Directory.EnumerateFiles(run.Path, "finetune.*"));
        Assert.True(File.Exists(run.TablePath("results.csv")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Files_are_the_same_bytes_in_whatever_order_units_were_written(bool sliced)
    {
        using TemporaryFolder folder = new();
        Plan plan = sliced ? SampleRun.SlicedPlan : s_plan;
        RunDirectory straight = Finished(folder.File("straight"), plan, plan.Units);

        // Back to front, with an interruption, a torn unit and an early merge on the way.
        RunDirectory crooked = RunDirectory.OpenOrCreate(folder.File("crooked"), plan);
        crooked.WriteUnit(SampleRun.ResultOf(plan, plan.Units[^1]));
        File.WriteAllText(crooked.UnitPath(plan.Units[^1].Id), "torn");
        crooked = RunDirectory.OpenOrCreate(folder.File("crooked"), plan);
        Assert.Equal(plan.Units.Count, RunMerger.Merge(crooked).Count);
        Finished(folder.File("crooked"), plan, plan.Units.Reverse());

        string[] files = [.. FilesOf(straight)];
        Assert.Equal(files, FilesOf(crooked).Where(file => !file.EndsWith(".bad", StringComparison.Ordinal)));
        Assert.All(files, file =>
            Assert.Equal(File.ReadAllBytes(Path.Combine(straight.Path, file)), File.ReadAllBytes(Path.Combine(crooked.Path, file))));
    }

    [Fact]
    public void Slices_do_not_show_in_the_results()
    {
        using TemporaryFolder folder = new();
        RunDirectory whole = Finished(folder.File("whole"), s_plan, s_plan.Units);
        Assert.All(SampleRun.SlicedPlan.Units, unit => Assert.Equal(1, unit.ModelCount));
        RunDirectory sliced = Finished(folder.File("sliced"), SampleRun.SlicedPlan, SampleRun.SlicedPlan.Units);
        foreach (string file in new[] { "results.csv", "history.csv", "pruning.csv", "split/4v9-s42.json" })
        {
            Assert.Equal(File.ReadAllBytes(whole.TablePath(file)), File.ReadAllBytes(sliced.TablePath(file)));
        }
    }

    [Fact]
    public void Weights_and_splits_hold_what_was_trained()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, SampleRun.SlicedPlan, SampleRun.SlicedPlan.Units);
        foreach (WorkUnit unit in SampleRun.SlicedPlan.Units)
        {
            UnitResult result = SampleRun.ResultOf(SampleRun.SlicedPlan, unit);
            using Safetensors weights = Safetensors.Open(run.WeightsPath(unit.Task, unit.Seed));
            Assert.Equal(16, weights.Tensors.Count);
            Assert.Equal(run.Plan.Hash, weights.Metadata["plan_hash"]);
            foreach (ModelResult model in result.Models)
            {
                string name = new ModelSpec(model.Key.Hidden, model.Key.LearningRate).Name;
                Assert.Equal([SampleRun.Inputs, model.Key.Hidden], weights.Tensors.Single(tensor => tensor.Name == $"{name}.w1").Shape);
                Assert.Equal(model.Weights.W1, weights.Read($"{name}.w1"));
                Assert.Equal(model.Weights.B1, weights.Read($"{name}.b1"));
                Assert.Equal(model.Weights.W2, weights.Read($"{name}.w2"));
                Assert.Equal(model.Weights.B2, weights.Read($"{name}.b2"));
            }

            using JsonDocument split = JsonDocument.Parse(File.ReadAllBytes(run.SplitPath(unit.Task, unit.Seed)));
            Assert.Equal(result.Split.Train, split.RootElement.GetProperty("train").EnumerateArray().Select(item => item.GetInt32()));
            Assert.Equal(
                result.Split.Validation,
                split.RootElement.GetProperty("validation").EnumerateArray().Select(item => item.GetInt32()));
        }
    }

    [Fact]
    public void Each_way_to_train_has_its_rows_in_order_and_its_weights_file_and_a_split_is_there_once()
    {
        using TemporaryFolder folder = new();
        Plan plan = SampleRun.VariedPlan;
        RunDirectory run = Finished(folder.Path, plan, plan.Units.Reverse());
        Assert.Equal(
            ["full,3,0.1,0.0", "full,3,0.1,0.001", "4,3,0.1,0.0", "4,3,0.1,0.001"],
            File.ReadLines(run.TablePath("results.csv")).Skip(1).Select(line => string.Join(',', line.Split(',')[4..8])).Distinct());
        Assert.Equal(4, Directory.GetFiles(Path.Combine(run.Path, "split")).Length);
        Assert.Equal(16, Directory.GetFiles(Path.Combine(run.Path, "weights")).Length);
        WorkUnit unit = plan.Units.Single(unit => unit is { Seed: 42, Variant: 3 } && unit.Task.Classes[0] == 4);
        string path = Path.Combine(run.Path, "weights", "4v9-s42-b4-e3-i0.1-wd0.001.safetensors");
        Assert.Equal(path, run.WeightsPath(unit.Task, unit.Seed, unit.Variant));
        using Safetensors weights = Safetensors.Open(path);
        Assert.Equal("b4-e3-i0.1-wd0.001", weights.Metadata["variant"]);
        Assert.Equal(SampleRun.ResultOf(plan, unit).Models[0].Weights.W1, weights.Read("h4-lr0.1.w1"));
    }

    [Fact]
    public void Each_choice_of_images_and_labels_has_its_split_file_and_its_key()
    {
        using TemporaryFolder folder = new();
        var plan = Plan.Create(
            SampleRun.Spec with { Seeds = [42], Batches = [null, 4], LabelNoises = [0, 0.25], TrainImages = [16] },
            SampleRun.DataHash,
            SampleRun.Inputs,
            (_, choice) => new(choice.TrainImages ?? 20, 20));
        RunDirectory run = Finished(folder.Path, plan, plan.Units);
        Assert.Equal(
            ["balanced,0.0,16", "balanced,0.25,16"],
            File.ReadLines(run.TablePath("results.csv")).Skip(1).Select(line => string.Join(',', line.Split(',')[14..17])).Distinct());
        string[] files = [.. Directory.GetFiles(Path.Combine(run.Path, "split"), "4v9-*").Select(file => Path.GetFileName(file)).Order()];
        Assert.Equal(["4v9-s42-n16-ln0.25.json", "4v9-s42-n16.json"], files.Order(StringComparer.Ordinal));
        Assert.Equal(run.SplitPath(plan.Spec.Tasks[0], 42, 1), run.SplitPath(plan.Spec.Tasks[0], 42, 3));
        Assert.EndsWith("4v9-s42-b4-e3-i0.1-wd0-n16-ln0.25.safetensors", run.WeightsPath(plan.Spec.Tasks[0], 42, 3));
        WorkUnit unit = plan.Units.First(unit => unit.Variant == 1 && unit.Task == plan.Spec.Tasks[0]);
        Split split = SampleRun.ResultOf(plan, unit).Split;
        using JsonDocument noisy = JsonDocument.Parse(File.ReadAllBytes(run.SplitPath(unit.Task, 42, 1))),
            clean = JsonDocument.Parse(File.ReadAllBytes(run.SplitPath(unit.Task, 42)));
        Assert.Equal(["train", "validation"], clean.RootElement.EnumerateObject().Select(field => field.Name));
        Assert.Equal(
            new Dictionary<string, int[]>
            {
                ["train"] = split.Train,
                ["validation"] = split.Validation,
                ["noisy"] = split.Noisy,
                ["noisy_labels"] = split.NoisyLabels,
            },
            noisy.Deserialize<Dictionary<string, int[]>>());
    }

    [Fact]
    public void Pictures_have_a_table_and_their_points_one_for_programs_alone()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, s_plan, s_plan.Units);
        Assert.Equal(
            [
                $"{KeyColumns},method,sparsity,points,perplexity,kl,trustworthiness,neighbours_kept,status",
                $"4v9,42,4,0.1,{How},dense,0.0,2,30.0,1.25,0.97,0.5,ok",
                $"4v9,42,4,0.1,{How},random,0.5,2,30.0,,,,failed",
            ],
            File.ReadAllLines(run.TablePath("embedding.csv")));
        Assert.False(File.Exists(run.TablePath("embedding_points.csv")));
        Assert.Equal(4, ReadBack($"read_parquet({Quoted(run, "embedding_points.parquet")})").Count);
    }

    [Fact]
    public void A_run_of_several_chunks_has_every_row_in_the_order_of_the_plan()
    {
        using TemporaryFolder folder = new();
        Plan plan = Plan.Create(
            SampleRun.Spec with { Seeds = [.. Enumerable.Range(0, 30).Reverse()] },
            SampleRun.DataHash,
            SampleRun.Inputs,
            (_, _) => new(20));
        Assert.Equal(60, plan.Units.Count);
        RunDirectory run = Finished(folder.Path, plan, plan.Units);
        string[] whole = Hashes(run);
        Assert.Empty(RunMerger.Merge(run, unitsAtOnce: 7, out _));
        Assert.Equal(whole, Hashes(run));
        double[][] csv = [.. File.ReadLines(run.TablePath("results.csv")).Skip(1)
            .Select(line => line.Split(',')[s_keys..^1].Select(double.Parse).ToArray())];
        Assert.Equal(plan.Units.SelectMany(unit => SampleRun.ResultOf(plan, unit).Models).Select(NumbersOf), csv);
        foreach (string table in new[] { "results", "history", "pruning" })
        {
            Assert.Equal(
                ReadBack($"read_csv({Quoted(run, $"{table}.csv")})"),
                ReadBack($"read_parquet({Quoted(run, $"{table}.parquet")})"));
        }

        foreach (WorkUnit unit in plan.Units.Where(unit => unit.Id % 7 == 0))
        {
            using Safetensors weights = Safetensors.Open(run.WeightsPath(unit.Task, unit.Seed, unit.Variant));
            ModelResult last = SampleRun.ResultOf(plan, unit).Models[^1];
            Assert.Equal(last.Weights.W1, weights.Read($"{new ModelSpec(last.Key.Hidden, last.Key.LearningRate).Name}.w1"));
        }

        Assert.DoesNotContain(FilesOf(run), AtomicFile.IsTemporary);
    }

    [Fact]
    public void Missing_units_are_named_and_nothing_is_written()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        run.WriteUnit(SampleRun.ResultOf(s_plan, s_plan.Units[1]));
        Assert.Equal([0, 2, 3], RunMerger.Merge(run));
        Assert.False(File.Exists(run.TablePath("results.csv")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(run.Path, "weights")));
    }

    [Fact]
    public void Every_table_has_a_status_and_figures_of_failed_models_are_empty_in_all_of_them()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        foreach (WorkUnit unit in s_plan.Units)
        {
            UnitResult result = SampleRun.ResultOf(s_plan, unit);
            run.WriteUnit(result with { Models = [.. result.Models.Select(model => model.Key.Hidden == 4 ? model.AsFailed() : model)] });
        }

        Assert.Empty(RunMerger.Merge(run));

        // What stands between the key and the figures: what was asked for.
        foreach ((string table, int asked) in new[] {
            ("results", 0),
            ("history", 1),
            ("pruning", 2),
            ("robustness", 2),
            ("saliency", 4),
            ("finetune", 4),
            ("embedding", 4) })
        {
            string[][] rows = [.. File.ReadLines(run.TablePath($"{table}.csv")).Select(line => line.Split(','))];
            Assert.Equal("status", rows[0][^1]);
            string[][] failed = [.. rows.Skip(1).Where(row => row[2] == "4")], others = [.. rows.Skip(1).Where(row => row[2] != "4")];
            Assert.NotEmpty(failed);
            Assert.All(failed, row => Assert.Equal(
                [.. Enumerable.Repeat("", row.Length - s_keys - 1 - asked), "failed"], row[(s_keys + asked)..]));
            Assert.All(others, row => Assert.DoesNotContain("", row));
            Assert.All(others, row => Assert.Equal("ok", row[^1]));
            Assert.Equal(
                ReadBack($"read_csv({Quoted(run, $"{table}.csv")})").Count,
                ReadBack($"read_parquet({Quoted(run, $"{table}.parquet")}) WHERE status IN ('ok', 'failed')").Count);
        }

        Assert.Contains(
            "status=ok",
            Assert.Single(ReadBack($"(SELECT DISTINCT status FROM read_parquet({Quoted(run, "pruning.parquet")}) WHERE hidden = 2)")));
        Assert.Equal(8, RunTables.Failed(run).Count);
        Assert.All(RunTables.Failed(run), key => Assert.Equal(4, key.Hidden));
    }

    [Fact]
    public void A_unit_damaged_in_its_middle_is_set_aside_and_missing()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Finished(folder.Path, s_plan, s_plan.Units);
        byte[] whole = File.ReadAllBytes(run.UnitPath(0));
        for (int start = 0; start < whole.Length; start += 509)
        {
            byte[] damaged = [.. whole];
            damaged[start] ^= 1;
            File.WriteAllBytes(run.UnitPath(0), damaged);
            Assert.Equal([0], RunMerger.Merge(run, out IReadOnlyList<string> setAside));
            Assert.Contains(run.UnitPath(0), Assert.Single(setAside));
            Assert.False(File.Exists(run.UnitPath(0)));
        }
    }

    private static RunDirectory Finished(string path, Plan plan, IEnumerable<WorkUnit> order)
    {
        RunDirectory run = RunDirectory.OpenOrCreate(path, plan);
        foreach (WorkUnit unit in order)
        {
            run.WriteUnit(SampleRun.ResultOf(plan, unit));
        }

        Assert.Empty(RunMerger.Merge(run));
        return run;
    }

    private static double[] NumbersOf(ModelResult model) =>
    [
        model.Train.Loss, model.Train.Accuracy, model.Train.Precision, model.Train.Recall, model.Train.F1, model.Train.Auc,
        model.Validation.Loss, model.Validation.Accuracy, model.Validation.Precision, model.Validation.Recall, model.Validation.F1,
        model.Validation.Auc,
        model.BestTrainF1, model.BestTrainF1Epoch!.Value, model.LearnedEpoch!.Value, model.DeadInactive!.Value,
        model.DeadNoInput!.Value, model.DeadNoOutput!.Value,
        model.Test.Loss, model.Test.Accuracy, model.Test.Precision, model.Test.Recall, model.Test.F1, model.Test.Auc,
        model.BestEpoch!.Value, model.StoppedEpoch!.Value,
    ];

    private static string[] Hashes(RunDirectory run) => [.. FilesOf(run).Select(
        file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(run.Path, file))))}")];

    private static IEnumerable<string> FilesOf(RunDirectory run) =>
        Directory.EnumerateFiles(run.Path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(run.Path, file))
            .Order(StringComparer.Ordinal);

    private static string Quoted(RunDirectory run, string file) => DuckSession.QuoteFile(run.TablePath(file));

    private static List<string> ReadBack(string source) => DuckSession.Use(connection =>
    {
        List<string> rows = [];
        connection.Query($"SELECT * FROM {source}", reader =>
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => $"{reader.GetName(i)}={reader.GetValue(i)}"))));
        return rows;
    });
}
