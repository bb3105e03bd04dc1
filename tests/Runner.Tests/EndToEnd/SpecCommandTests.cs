using System.Text.Json;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary><c>--spec</c> on the command line: several sweeps of a file, and the plan of a run; and <c>compare</c> of these.</summary>
public sealed class SpecCommandTests : IDisposable
{
    private const string Two = """
        preset: quick
        epochs: 2
        analyses: none
        saliency: 0
        sweeps:
          - name: small
            hidden: 2
          - name: wide
            hidden: 3..4
            seeds: 0..1
        """;

    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Several_sweeps_are_done_one_after_the_other_and_each_is_what_it_would_be_alone()
    {
        File.WriteAllText(_place["two.yaml"], Two);
        string[] command = ["sweep", "--spec", _place["two.yaml"], "--device", "cpu", "--quiet", "--out", _place["runs"]];
        Gpumlp.Outcome both = Gpumlp.Here(command);
        both.AssertSuccess();
        Assert.Matches(@"(?s)^small \(.*small\).*\nwide \(.*wide\).*", both.Out);
        Gpumlp.Here(
            "sweep", "--preset", "quick", "--epochs", "2", "--train-only", "--hidden", "3,4", "--seeds", "0,1", "--device", "cpu",
            "--quiet", "--out", _place["alone"]).AssertSuccess();
        Assert.Equal(Workplace.FilesOf(_place["alone"]), Workplace.FilesOf(Path.Combine(_place["runs"], "wide")));

        // The same again finds all done; flags change parts of each, which are then other sweeps than those of these folders.
        JsonElement again = JsonDocument.Parse(Gpumlp.Here([.. command, "--json"]).Out).RootElement;
        Assert.Equal([1, 4], again.GetProperty("sweeps").EnumerateArray().Select(sweep => sweep.GetProperty("models").GetInt32()));
        Assert.Contains("made by another plan: epochs 2 -> 3", Gpumlp.Here([.. command, "--epochs", "3"]).AssertOneLine(2));
    }

    [Fact]
    public void When_one_of_several_cannot_be_none_is_begun()
    {
        File.WriteAllText(_place["two.yaml"], Two.Replace("hidden: 3..4", "hidden: 3..4\n    tasks: [4v44]"));
        Assert.Contains(
            "two.yaml: line 10: sweeps[1].tasks: task 4v44: class 44 ",
            Gpumlp.Here("sweep", "--spec", _place["two.yaml"], "--out", _place["runs"]).AssertOneLine(2));
        File.WriteAllText(_place["two.yaml"], Two.Replace("hidden: 2", $"hidden: 2\n    out: '{_place["runs"]}/x'")
            .Replace("seeds: 0..1", $"out: '{_place["runs"]}/x/'"));
        Assert.Contains("wide: ", Gpumlp.Here("sweep", "--spec", _place["two.yaml"]).AssertOneLine(2));

        // A folder that holds another sweep is met before the first one is begun.
        File.WriteAllText(_place["two.yaml"], Two);
        Directory.CreateDirectory(Path.Combine(_place["runs"], "wide"));
        File.WriteAllText(Path.Combine(_place["runs"], "wide", "thesis.tex"), "");
        Assert.Contains(
            "holds thesis.tex", Gpumlp.Here("sweep", "--spec", _place["two.yaml"], "--quiet", "--out", _place["runs"]).AssertOneLine(2));
        Assert.False(Path.Exists(Path.Combine(_place["runs"], "small")));
    }

    [Fact]
    public void The_plan_of_a_run_makes_the_same_run_and_refuses_other_data()
    {
        string data = _place.Data(), plan = Path.Combine(_place["a"], "plan.json");
        Gpumlp.Here(
            "sweep", "--data", data, "--tasks", "0v1", "--hidden", "2,3", "--seeds", "0", "--epochs", "2", "--sparsity", "0.5",
            "--saliency", "3", "--device", "cpu", "--quiet", "--out", _place["a"]).AssertSuccess();
        Gpumlp.Here("sweep", "--spec", plan, "--device", "cpu", "--quiet", "--out", _place["b"]).AssertSuccess();
        Assert.Equal(Workplace.FilesOf(_place["a"]), Workplace.FilesOf(_place["b"]));
        Assert.Equal(File.ReadAllText(plan), File.ReadAllText(Path.Combine(_place["b"], "plan.json")));
        JsonElement seeds = JsonDocument.Parse(
            Gpumlp.Here("sweep", "--spec", plan, "--seeds", "5..7", "--dry-run", "--json").Out).RootElement;
        Assert.Equal(6, seeds.GetProperty("models").GetInt32());

        string[] images = Directory.GetFiles(data, "train-images*");
        byte[] changed = File.ReadAllBytes(images.Single());
        changed[^1] ^= 1;
        File.WriteAllBytes(images.Single(), changed);
        Assert.Contains(
            "plan.json: data_sha256: ", Gpumlp.Here("sweep", "--spec", plan, "--out", _place["c"]).AssertOneLine(2));
        Assert.False(Path.Exists(_place["c"]));
    }

    [Fact]
    public void Compare_refuses_what_it_cannot_put_side_by_side()
    {
        File.WriteAllText(_place["two.yaml"], Two);
        Gpumlp.Here("sweep", "--spec", _place["two.yaml"], "--device", "cpu", "--quiet", "--out", _place["runs"]).AssertSuccess();
        string small = Path.Combine(_place["runs"], "small"), wide = Path.Combine(_place["runs"], "wide");
        Assert.Contains("no hidden in common (2 and 3,4)", Gpumlp.Here("compare", small, wide).AssertOneLine(2));
        Assert.Contains("RUN2 is missing", Gpumlp.Here("compare", small).AssertOneLine(2));
        Assert.Contains("no plan.json here", Gpumlp.Here("compare", small, _place.Root).AssertOneLine(2));
        Assert.Contains("belongs to no flag", Gpumlp.Here("compare", small, wide, wide).AssertOneLine(2));
        Assert.Contains("--hidden: 5 is no size of both runs; must be some of 3, 4",
            Gpumlp.Here("compare", wide, wide, "--hidden", "5").AssertOneLine(2));
        Gpumlp.Outcome same = Gpumlp.Here("compare", wide, wide, "--json");
        same.AssertSuccess();
        JsonElement row = JsonDocument.Parse(same.Out).RootElement.GetProperty("rows")[0];
        Assert.Equal(3, row.GetProperty("key").GetProperty("hidden").GetInt32());
        JsonElement f1 = row.GetProperty("figures").GetProperty("val_f1");
        Assert.Equal((0.0, false), (f1.GetProperty("difference").GetDouble(), f1.GetProperty("beyond_spread").GetBoolean()));
    }
}
