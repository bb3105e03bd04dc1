using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A data set that is not MNIST goes through the whole study: another image size, three classes with names.</summary>
[Trait("Size", "large")]
public sealed class OtherDataTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void The_whole_study_runs_on_other_data_and_names_its_classes()
    {
        string data = _place.Data(each: 60, rows: 7, columns: 9), run = _place["run"];
        File.WriteAllText(Path.Combine(data, "classes.txt"), "T-shirt/top\nboot\nbag & strap\n");
        Gpumlp.Outcome sweep = Gpumlp.Here(
            "sweep", "--data", data, "--hidden", "4,20", "--seeds", "0,1", "--epochs", "30", "--batch", "16", "--threads", "2",
            "--out", run);
        sweep.AssertSuccess();
        Assert.Contains("0v2: 0 (T-shirt/top) v 2 (bag & strap).", sweep.Out);
        Assert.Single(Cli.Lines(sweep.Error), line => line ==
            "tasks: the data lack classes of 0v1,1v7,5v6,3v8,4v9, so every pair of their own is taken, 3 in all; --tasks chooses others");

        // Three classes lack the study's pairs of digits: all their own pairs are taken, and the first is embedded.
        string[] results = File.ReadAllLines(Path.Combine(run, "results.csv"));
        Assert.Equal(["0v1", "0v2", "1v2"], results.Skip(1).Select(row => row.Split(',')[0]).Distinct());
        Assert.All(results.Skip(1), row => Assert.EndsWith(",ok", row));
        Assert.Equal(
            ["0v1,0,20,dense,0.0", "0v1,0,20,layer,0.95"],
            Workplace.Rows(run, "embedding")
                .Select(row => $"{row["task"]},{row["seed"]},{row["hidden"]},{row["method"]},{row["sparsity"]}"));
        foreach (string table in new[] { "history", "pruning", "robustness" })
        {
            Assert.Equal(
                ["0v1", "0v2", "1v2"],
                File.ReadLines(Path.Combine(run, $"{table}.csv")).Skip(1).Select(row => row.Split(',')[0]).Distinct());
        }

        string[] files = Directory.GetFiles(run, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("embedding.png", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => Path.GetRelativePath(run, file).Contains("boot", StringComparison.Ordinal));
        Assert.Equal("T-shirt/top\nboot\nbag & strap\n", File.ReadAllText(Path.Combine(run, "classes.txt")));
        Assert.Contains("0 (T-shirt/top) v 2 (bag &amp; strap)", File.ReadAllText(Path.Combine(run, "report.html")));

        // Names are of the data, not of the plan: other names change nothing that was computed.
        File.WriteAllText(Path.Combine(data, "classes.txt"), "cat\nboot\nbag\n");
        Gpumlp.Outcome again = Gpumlp.Here(
            "sweep", "--data", data, "--hidden", "4,20", "--seeds", "0,1", "--epochs", "30", "--batch", "16", "--threads", "2",
            "--out", run);
        again.AssertSuccess();
        Assert.Contains("6 units already done", again.Error);
        Assert.Contains("0v1: 0 (cat) v 1 (boot).", again.Out);
    }

    [Fact]
    public void Classes_counted_from_1_with_gaps_and_rare_ones_are_swept_without_those_that_lack_images()
    {
        string data = _place.Data(classes: 5), labels = Path.Combine(data, "train-labels-idx1-ubyte");
        byte[] bytes = File.ReadAllBytes(labels);
        int rare = 0;
        for (int image = 8; image < bytes.Length; image++)
        {
            // Classes 0..4 become 1, 2, 4, 5 and 9, of which 9 keeps four images.
            bytes[image] = bytes[image] == 4 ? (byte)(rare++ < 4 ? 9 : 1) : (byte)(bytes[image] + (bytes[image] > 1 ? 2 : 1));
        }

        File.WriteAllBytes(labels, bytes);
        string[] few = ["--hidden", "2", "--seeds", "0", "--epochs", "2", "--similarity", "none", "--saliency", "0", "--threads", "2"];
        const string LeftOut = "classes left out: with fewer than 5 images 9 (4); without images 0,3,6-8";
        Gpumlp.Outcome all = Gpumlp.Here(["sweep", .. few, "--data", data, "--tasks", "all", "--out", _place["run"]]);
        all.AssertSuccess();
        Assert.Single(Cli.Lines(all.Error), line => line == $"--tasks all: {LeftOut}");
        string[] tasks = ["1v2", "1v4", "1v5", "2v4", "2v5", "4v5"];
        Assert.Equal(tasks, File.ReadLines(Path.Combine(_place["run"], "results.csv")).Skip(1).Select(row => row.Split(',')[0]).Distinct());

        // So it is where nobody names tasks, be it on the command line or in a spec file; and quiet is quiet.
        string told = $"tasks: the data lack classes of 0v1,1v7,5v6,3v8,4v9, so every pair of their own is taken, "
            + $"6 in all ({LeftOut}); --tasks chooses others";
        File.WriteAllText(_place["spec.json"], $$"""{ "data": {{System.Text.Json.JsonSerializer.Serialize(data)}}, "embedding": [] }""");
        foreach (string[] source in new[] { new[] { "--data", data }, ["--spec", _place["spec.json"]] })
        {
            Gpumlp.Outcome plan = Gpumlp.Here(["plan", .. few, .. source, "--shards", "1", "--dry-run"]);
            plan.AssertSuccess();
            Assert.Equal([told], Cli.Lines(plan.Error));
            Assert.StartsWith("6 models in 6 units", plan.Out);
            Assert.Equal("", Gpumlp.Here(["plan", .. few, .. source, "--shards", "1", "--dry-run", "--quiet"]).Error);
        }

        // Who asks for a class by name is told, and where.
        Assert.Contains(
            "--tasks: task 1v9: class 9 has 4 images in data set 'data'; at least 5 of each class are needed.",
            Gpumlp.Here("plan", "--data", data, "--tasks", "1v9", "--out", _place["no"]).AssertOneLine(2));
        File.WriteAllText(
            _place["spec.json"],
            $$"""{ "data": {{System.Text.Json.JsonSerializer.Serialize(data)}}, "tasks": ["0v1"], "embedding": [] }""");
        Assert.Contains(
            "spec.json: line 1: tasks: task 0v1: class 0 has 0 images in data set 'data' (its labels lie in 1..9); "
                + "at least 5 of each class are needed.",
            Gpumlp.Here("plan", "--spec", _place["spec.json"], "--out", _place["no"]).AssertOneLine(2));
    }

    [Fact]
    public void A_sweep_that_is_too_large_is_refused_by_the_file_and_field_that_make_it_so()
    {
        File.WriteAllText(_place["spec.json"], $$"""{ "seeds": [{{string.Join(",", Enumerable.Range(0, 1_000_000))}}] }""");
        Assert.Contains(
            "spec.json: line 1: seeds: 1000000 items, with those of the other fields 55000000 models; must be at most 10000000",
            Gpumlp.Here("plan", "--spec", _place["spec.json"], "--out", _place["no"]).AssertOneLine(2));
        Assert.Contains("--seeds: 2000000 items", Gpumlp.Here("plan", "--seeds", "1..2000000", "--out", _place["no"]).AssertOneLine(2));
    }

    [Fact]
    public void Names_that_are_not_one_a_class_are_refused_in_one_line()
    {
        string data = _place.Data();
        File.WriteAllText(Path.Combine(data, "classes.txt"), "cat\ndog\n");
        string line = Gpumlp.Here("sweep", "--data", data, "--out", _place["run"]).AssertOneLine(2);
        Assert.Contains("classes.txt names 2 classes", line);
        Assert.False(Directory.Exists(_place["run"]));
    }

    [Fact]
    public void An_embedding_of_a_task_that_is_not_trained_is_refused_in_one_line() => Assert.Contains(
        "--embedding: 1v2 is not trained",
        Gpumlp.Here("sweep", "--data", _place.Data(), "--tasks", "0v1", "--embedding", "1v2", "--out", _place["run"]).AssertOneLine(2));
}
