using System.Text.Json;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>One small sweep on the embedded MNIST from start to end, and the same command once more.</summary>
[Trait("Size", "large")]
public sealed class WholeSweepTests
{
    private const string Key = "task,seed,hidden,lr,batch,epochs,init_std,weight_decay,loss,"
        + "optimizer,momentum,beta1,beta2,schedule,split,label_noise,train_images,"
        + "class_weight,dropout,patience";

    private const string ResultsHeader = Key + ",train_loss,train_accuracy,train_precision,train_recall,train_f1,train_auc,"
        + "val_loss,val_accuracy,val_precision,val_recall,val_f1,val_auc,best_train_f1,best_train_f1_epoch,learned_epoch,"
        + "dead_inactive,dead_no_input,dead_no_output,test_loss,test_accuracy,test_precision,test_recall,test_f1,test_auc,"
        + "best_epoch,stopped_epoch,status";

    private const string PruningHeader =
        Key + ",method,sparsity,zero_w1,zero_w2,weights_left,val_f1,val_auc,val_accuracy,dead_inactive,dead_no_input,dead_no_output,status";

    private const string HistoryHeader =
        Key + ",epoch,train_loss,train_accuracy,train_precision,train_recall,train_f1,val_loss,val_accuracy,val_f1,status";

    [Fact]
    public void A_sweep_leaves_every_promised_file_and_the_same_command_changes_none()
    {
        using Workplace place = new();
        string run = place["run"];
        string[] args
            = ["sweep", "--tasks", "4v9", "--hidden", "2,3,5", "--seeds", "0,1", "--epochs", "4", "--embedding", "none",
            "--similarity-images", "4", "--out", run];

        Gpumlp.Outcome first = Gpumlp.Run(args);
        first.AssertSuccess();
        AssertFiles(run);
        Assert.Contains("Best training F1", first.Out);
        Assert.Contains("Validation F1", first.Out);
        Assert.Contains("6 models", first.Error);
        Assert.DoesNotContain('\e', first.Out + first.Error);
        Assert.DoesNotContain('\r', first.Out + first.Error);

        SortedDictionary<string, string> files = Workplace.FilesOf(run);
        Dictionary<string, DateTime> times = UnitTimes(run);
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Gpumlp.Outcome again = Gpumlp.Here(args);
        again.AssertSuccess();
        Assert.Contains("2 units already done", again.Error);
        Assert.Equal(first.Out, again.Out);
        Assert.Equal(files, Workplace.FilesOf(run));
        Assert.Equal(times, UnitTimes(run));
        Assert.Equal(page, File.ReadAllText(Path.Combine(run, "report.html")));

        string[] changed = [.. args.Select(arg => arg == "4" ? "5" : arg)];
        string line = Gpumlp.Here(changed).AssertOneLine(2);
        Assert.Contains("epochs 4 -> 5", line);
        Assert.Contains(run, line);
        Assert.Equal(files, Workplace.FilesOf(run));
    }

    [Fact]
    public void A_sweep_of_several_rates_and_sizes_has_its_embedding_in_the_report_and_a_failed_model_has_no_figure_anywhere()
    {
        using Workplace place = new();
        string run = place["run"];
        Gpumlp.Outcome sweep = Gpumlp.Here(
            "sweep", "--data", place.Data(
                classes: 2,
                each: 80), "--tasks", "0v1", "--hidden", "2,5,20", "--seeds", "1", "--lr", "1e30,0.5,0.05", "--epochs", "40",
            "--sparsity", "0.5,0.95", "--pruning", "layer", "--finetune-epochs", "1", "--corruption", "gaussian:0.1",
            "--quiet", "--out", run);
        Assert.True(sweep.ExitCode == 1, sweep.Error);

        // The rate nearest to 0.03 and the size nearest to 24, in pictures, maps and page alike.
        string[] embedding = File.ReadAllLines(Path.Combine(run, "embedding.csv"));
        Assert.Equal(3, embedding.Length);
        Assert.All(embedding.Skip(1), row => Assert.StartsWith("0v1,1,20,0.05,", row));
        Assert.True(File.Exists(Path.Combine(run, "plots", "embedding.png")));
        Assert.True(File.Exists(Path.Combine(run, "saliency", "0v1-s1-h20-gradient.png")));
        Assert.Contains("pruned, H = 20: ", File.ReadAllText(Path.Combine(run, "report.html")));
        Assert.Contains("(3 failed and have no figures)", File.ReadAllText(Path.Combine(run, "report.html")));

        foreach ((string table, int asked) in new[] {
            ("results", 0),
            ("history", 1),
            ("pruning", 2),
            ("robustness", 2),
            ("saliency", 4),
            ("finetune", 4) })
        {
            string[][] failed = [.. File.ReadLines(Path.Combine(run, table + ".csv")).Select(row => row.Split(','))
                .Where(row => row[3] == "1e+30")];
            Assert.NotEmpty(failed);
            int keys = Key.Split(',').Length;
            Assert.All(failed, row => Assert.Equal(
                [.. Enumerable.Repeat("", row.Length - keys - 1 - asked), "failed"], row[(keys + asked)..]));
        }

        Gpumlp.Outcome export = Gpumlp.Here("export", run, "--format", "safetensors", "--hidden", "5", "--quiet");
        Assert.Equal((1, ""), (export.ExitCode, export.Out));
        Assert.Equal("gpumlp: 1 model that failed in training left out: 0v1-s1-h5-lr1e+30", Assert.Single(Cli.Told(export.Error)));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(run, "export")).Length);
        Assert.Contains("failed", Gpumlp.Here("export", run, "--lr", "1e30", "--out", place["none"]).AssertOneLine(1));
        Assert.False(Directory.Exists(place["none"]));
        Assert.Contains(
            "--hidden 2: failed in training",
            Gpumlp.Here("saliency", run, "--hidden", "2", "--lr", "1e30", "--out", place["x.png"]).AssertOneLine(1));
    }

    [Fact]
    public void Quiet_says_nothing_but_the_table()
    {
        using Workplace place = new();
        Gpumlp.Outcome quiet = Gpumlp.Here(
            "sweep",
            "--data",
            place.Data(),
            "--tasks",
            "0v1",
            "--hidden",
            "2",
            "--seeds",
            "0",
            "--quiet",
            "--out",
            place["run"]);
        quiet.AssertSuccess();
        Assert.Equal("", quiet.Error);
        Assert.StartsWith("Best training F1", quiet.Out);
    }

    private static void AssertFiles(string run)
    {
        Assert.Equal(
            [
                "history.csv", "history.parquet", "manifest.json", "plan.json",
                "plots/capacity.png", "plots/dead-units.png", "plots/pruning-sizes.png", "plots/pruning.png", "plots/robustness.png",
                "plots/saliency-similarity.png", "plots/training-curves.png", "plots/weights-left.png",
                "pruning.csv", "pruning.parquet", "report.html", "results.csv", "results.parquet",
                "robustness.csv", "robustness.parquet", "run.json",
                "saliency.csv", "saliency.parquet", "saliency/4v9-s0-h5-average-gradient.png", "saliency/4v9-s0-h5-gradient.png",
                "saliency/4v9-s0-sizes-gradient.png", "split/4v9-s0.json", "split/4v9-s1.json",
                "units/000/unit-000000.parquet", "units/000/unit-000001.parquet",
                "weights/4v9-s0.safetensors", "weights/4v9-s1.safetensors",
            ],
            Directory.EnumerateFiles(run, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(run, file))
                .Order(StringComparer.Ordinal));

        string[] results = File.ReadAllLines(Path.Combine(run, "results.csv"));
        Assert.Equal(ResultsHeader, results[0]);
        List<string> header = [.. ResultsHeader.Split(',')];
        Assert.Equal(
            ["4v9,0,2,0.03,full,4", "4v9,0,3,0.03,full,4", "4v9,0,5,0.03,full,4",
                "4v9,1,2,0.03,full,4", "4v9,1,3,0.03,full,4", "4v9,1,5,0.03,full,4"],
            results.Skip(1).Select(row => string.Join(',', row.Split(',')[..6])));
        Assert.All(results.Skip(1), row =>
        {
            string[] fields = row.Split(',');
            Assert.Equal(header.Count, fields.Length);
            Assert.EndsWith(",ok", row);

            // Four epochs learn nothing, and none of them is chosen without patience.
            Assert.Equal(["learned_epoch", "best_epoch", "stopped_epoch"], header.Where((_, column) => fields[column].Length == 0));
        });

        string[] history = File.ReadAllLines(Path.Combine(run, "history.csv"));
        Assert.Equal(HistoryHeader, history[0]);
        Assert.Equal(1 + (6 * 4), history.Length);

        string[] pruning = File.ReadAllLines(Path.Combine(run, "pruning.csv"));
        Assert.Equal(PruningHeader, pruning[0]);
        Assert.Equal(6 * Presets.Paper.Pruning.Count * Presets.UsualSparsity.Count, pruning.Length - 1);

        using var weights = Safetensors.Open(Path.Combine(run, "weights", "4v9-s0.safetensors"));
        Assert.Equal(12, weights.Tensors.Count);
        Assert.Equal([784L, 5L], weights.Tensors.Single(tensor => tensor.Name == "h5-lr0.03.w1").Shape);
        using var split = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "split", "4v9-s0.json")));
        Assert.Equal(9346, split.RootElement.GetProperty("train").GetArrayLength());
        Assert.Equal(2338, split.RootElement.GetProperty("validation").GetArrayLength());
        using var info = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "run.json")));
        Assert.Equal(6, info.RootElement.GetProperty("models_ok").GetInt32());

        Pictures.Rgb[,] picture = PngDecoder.Decode(File.ReadAllBytes(Path.Combine(run, "saliency", "4v9-s0-h5-gradient.png")));
        Assert.True(picture.GetLength(0) > 100 && picture.GetLength(1) > 100);
    }

    private static Dictionary<string, DateTime> UnitTimes(string run) =>
        Directory.GetFiles(Path.Combine(run, "units"), "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.GetLastWriteTimeUtc);
}
