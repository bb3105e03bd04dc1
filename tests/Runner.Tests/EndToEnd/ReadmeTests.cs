using GpuMlp.Tests;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>What README tells people to type does what it says, and the page stays one that people read.</summary>
public sealed class ReadmeTests : IDisposable
{
    private const int MostWords = 900;

    private static readonly string s_text = File.ReadAllText(Checkout.PathOf("README.md"));

    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Every_sweep_of_the_page_can_be_planned()
    {
        string[] sweeps = [.. Commands().Where(
            line => line.StartsWith("gpumlp sweep ", StringComparison.Ordinal) && !line.EndsWith("--help", StringComparison.Ordinal))];
        Assert.NotEmpty(sweeps);
        Assert.All(
            sweeps,
            line => Gpumlp.Here([.. Words(line), .. line.Contains("--dry-run") ? [] : new[] { "--dry-run" }]).AssertSuccess());
    }

    [Fact]
    public void Every_other_command_of_the_page_runs_on_a_run_that_has_its_models()
    {
        // What the default sweep makes, as far as these commands need it.
        Gpumlp.Here(
            "sweep", "--tasks", "4v9", "--hidden", "24", "--seeds", "0", "--lr", "0.03", "--epochs", "1", "--sparsity", "none",
            "--pruning", "none",
            "--corruption", "none", "--embedding", "none", "--similarity", "none", "--saliency", "0", "--quiet", "--out", _place[
                "paper"]).AssertSuccess();
        string[] others = [.. Commands().Where(
            line => !line.StartsWith("gpumlp sweep ", StringComparison.Ordinal) || line.EndsWith("--help", StringComparison.Ordinal))];
        Assert.NotEmpty(others);
        Assert.All(
            others,
            line => Gpumlp.Here([.. Words(line), .. line.Contains(" export ") ? new[] { "--out", _place["models"] } : []]).AssertSuccess());
    }

    [Fact]
    public void The_page_can_be_read_in_minutes_and_its_links_lead_somewhere()
    {
        Assert.InRange(s_text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, 1, MostWords);
        string[] links = [.. s_text.Split("](").Skip(1).Select(rest => rest[..rest.IndexOf(')', StringComparison.Ordinal)].Split('#')[0])];
        Assert.All(
            links.Where(link => !link.Contains("://")),
            link => Assert.True(Path.Exists(Checkout.PathOf(link)), $"{link} is not there"));
    }

    private static IEnumerable<string> Commands() =>
        s_text.Split('\n').Where(line => line.StartsWith("gpumlp ", StringComparison.Ordinal));

    private string[] Words(string line) =>
    [
        .. line.Split(' ').Skip(1).Select(word =>
            word.StartsWith("runs/", StringComparison.Ordinal) ? _place[word["runs/".Length..]]
            : word == "~/my-table.csv" ? Table()
            : word),
    ];

    // Two classes of thirty examples.
    private string Table()
    {
        IEnumerable<string> rows = Enumerable.Range(0, 60).Select(row => $"{row % 7},{row * 1.5},{(row % 2 == 0 ? "oak" : "elm")}");
        File.WriteAllLines(_place["my-table.csv"], ["width,height,kind", .. rows]);
        return _place["my-table.csv"];
    }
}
