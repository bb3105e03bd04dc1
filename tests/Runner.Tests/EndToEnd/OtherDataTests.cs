using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A data set that is not MNIST goes through the whole study: another image size, three classes with names.</summary>
public sealed class OtherDataTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void The_whole_study_runs_on_other_data_and_names_its_classes()
    {
        string data = _place.Data(each: 60, rows: 7, columns: 9), run = _place["run"];
        File.WriteAllText(Path.Combine(data, "classes.txt"), "T-shirt/top\nboot\nbag & strap\n");
        Gpumlp.Outcome sweep = Gpumlp.Run(
            "sweep", "--data", data, "--hidden", "4,20", "--seeds", "0,1", "--epochs", "30", "--batch", "16", "--threads", "2", "--out", run);
        sweep.AssertSuccess();
        Assert.Contains("0v2: 0 (T-shirt/top) v 2 (bag & strap).", sweep.Out);

        // Three classes lack the study's pairs of digits: all their own pairs are taken, and the first is embedded.
        string[] results = File.ReadAllLines(Path.Combine(run, "results.csv"));
        Assert.Equal(["0v1", "0v2", "1v2"], results.Skip(1).Select(row => row.Split(',')[0]).Distinct());
        Assert.All(results.Skip(1), row => Assert.EndsWith(",ok", row));
        string[] embedding = File.ReadAllLines(Path.Combine(run, "embedding.csv"));
        Assert.Equal(
            ["0v1,0,20,dense,0.0", "0v1,0,20,layer,0.95", "0v1,0,20,layer,0.0095"],
            embedding.Skip(1).Select(row => row.Split(',')).Select(cells => $"{cells[0]},{cells[1]},{cells[2]},{cells[8]},{cells[9]}"));
        foreach (string table in new[] { "history", "pruning", "robustness" })
            Assert.Equal(["0v1", "0v2", "1v2"], File.ReadLines(Path.Combine(run, $"{table}.csv")).Skip(1).Select(row => row.Split(',')[0]).Distinct());

        string[] files = Directory.GetFiles(run, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("embedding.png", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => Path.GetRelativePath(run, file).Contains("boot", StringComparison.Ordinal));
        Assert.Equal("T-shirt/top\nboot\nbag & strap\n", File.ReadAllText(Path.Combine(run, "classes.txt")));
        Assert.Contains("0 (T-shirt/top) v 2 (bag &amp; strap)", File.ReadAllText(Path.Combine(run, "report.html")));

        // Names are of the data, not of the plan: other names change nothing that was computed.
        File.WriteAllText(Path.Combine(data, "classes.txt"), "cat\nboot\nbag\n");
        Gpumlp.Outcome again = Gpumlp.Run(
            "sweep", "--data", data, "--hidden", "4,20", "--seeds", "0,1", "--epochs", "30", "--batch", "16", "--threads", "2", "--out", run);
        again.AssertSuccess();
        Assert.Contains("6 units already done", again.Error);
        Assert.Contains("0v1: 0 (cat) v 1 (boot).", again.Out);
    }

    [Fact]
    public void Names_that_are_not_one_a_class_are_refused_in_one_line()
    {
        string data = _place.Data();
        File.WriteAllText(Path.Combine(data, "classes.txt"), "cat\ndog\n");
        string line = Gpumlp.Run("sweep", "--data", data, "--out", _place["run"]).AssertOneLine(2);
        Assert.Contains("classes.txt names 2 classes", line);
        Assert.False(Directory.Exists(_place["run"]));
    }

    [Fact]
    public void An_embedding_of_a_task_that_is_not_trained_is_refused_in_one_line() => Assert.Contains(
        "--embedding: 1v2 is not trained",
        Gpumlp.Run("sweep", "--data", _place.Data(), "--tasks", "0v1", "--embedding", "1v2", "--out", _place["run"]).AssertOneLine(2));
}
