using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>What a sweep measures on images that nothing is trained on: validation while training, test files, predictions.</summary>
[Trait("Size", "large")]
public sealed class MetricsTests : IDisposable
{
    private static readonly string[] s_sweep =
    [
        "--tasks", "0v1,1v2", "--hidden", "2,5", "--seeds", "0,1", "--epochs", "5", "--validate-every", "2", "--predictions", "--analyses",
        "predictions", "--saliency", "0",
    ];

    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void All_of_them_have_the_same_bytes_in_one_piece_and_in_shards_with_any_number_of_threads()
    {
        string data = DataWithTests(), whole = _place["whole"], pieces = _place["pieces"];
        Gpumlp.Here(["sweep", .. s_sweep, "--data", data, "--threads", "2", "--out", whole]).AssertSuccess();
        Gpumlp.Here(["plan", .. s_sweep, "--data", data, "--shards", "2", "--out", pieces]).AssertSuccess();
        Gpumlp.Here("run", pieces, "--shard", "1/2", "--threads", "1").AssertSuccess();
        Gpumlp.Here("run", pieces, "--shard", "0/2", "--threads", "2").AssertSuccess();
        Gpumlp.Here("merge", pieces).AssertSuccess();
        foreach (string table in new[] { "results.csv", "results.parquet", "history.csv", "history.parquet", "predictions.parquet" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, table)), File.ReadAllBytes(Path.Combine(pieces, table)));
        }

        Assert.False(File.Exists(Path.Combine(whole, "predictions.csv")));
        Assert.All(Workplace.Rows(whole, "results"), row => Assert.All(
            row.Where(cell => cell.Key.StartsWith("test_", StringComparison.Ordinal)), cell => Assert.NotEmpty(cell.Value)));
        Assert.All(Workplace.Rows(whole, "history"), row => Assert.Equal(row["epoch"] is "2" or "4" or "5", row["val_f1"].Length > 0));
        Dictionary<string, string> last = Workplace.Rows(whole, "history")[4], result = Workplace.Rows(whole, "results")[0];
        Assert.Equal(
            (result["val_loss"], result["val_accuracy"], result["val_f1"]), (last["val_loss"], last["val_accuracy"], last["val_f1"]));
    }

    [Fact]
    public void Data_without_test_files_have_no_test_figures()
    {
        string run = _place["run"];
        Gpumlp.Here(["sweep", .. s_sweep, "--data", _place.Data(), "--out", run]).AssertSuccess();
        Assert.All(Workplace.Rows(run, "results"), row => Assert.Equal(("", "ok"), (row["test_f1"], row["status"])));
    }

    [Fact]
    public void A_run_goes_on_with_the_test_files_that_it_was_planned_for_alone()
    {
        string data = DataWithTests(), run = _place["run"], labels = Path.Combine(data, "t10k-labels-idx1-ubyte");
        Gpumlp.Here(["plan", .. s_sweep, "--data", data, "--shards", "2", "--out", run]).AssertSuccess();
        byte[] right = File.ReadAllBytes(labels);
        File.WriteAllBytes(labels, [.. right[..^1], (byte)(2 - right[^1])]);
        Assert.Contains("holds test files (t10k) of SHA-256 ", Gpumlp.Here("run", run).AssertOneLine(2));
        Gpumlp.Outcome sweep = Gpumlp.Here(["sweep", .. s_sweep, "--data", data, "--out", run]);
        Assert.Contains("was made by another plan: test data sha256 ", sweep.AssertOneLine(2));
        File.Delete(labels);
        File.Delete(Path.Combine(data, "t10k-images-idx3-ubyte"));
        Assert.Contains("holds no test files (t10k), the plan was made for test files", Gpumlp.Here("run", run).AssertOneLine(2));
        Assert.Equal(0, Workplace.UnitsIn(run));
    }

    [Theory]
    [InlineData("--validate-every", "-1")]
    [InlineData("--validate-every", "often")]
    [InlineData("--train-only", "--predictions")]
    [InlineData("--analyses", "predictions")]
    public void What_cannot_be_is_refused_in_a_line_that_names_the_flag(params string[] flags) => Assert.Contains(
        flags[0], Gpumlp.Here(["sweep", .. flags, "--out", _place["run"]]).AssertOneLine(2));

    // The training files of another set, of the same three classes.
    private string DataWithTests()
    {
        string data = _place.Data(), other = _place.Data("other", each: 8);
        foreach (string kind in new[] { "images-idx3-ubyte", "labels-idx1-ubyte" })
        {
            File.Copy(Path.Combine(other, $"train-{kind}"), Path.Combine(data, $"t10k-{kind}"));
        }

        return data;
    }
}
