using System.Text.Json;
using GpuMlp.Tests;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary><c>--json</c>: one object on stdout, in the fields that docs/run.md lists, with the figures of the tables.</summary>
public sealed class JsonTests : IDisposable
{
    private static readonly string[] s_small =
    [
        "--tasks", "4v9", "--hidden", "2,3", "--seeds", "0,1", "--lr", "0.03", "--epochs", "2", "--sparsity", "0.5", "--pruning", "layer",
        "--corruption", "none", "--embedding", "none", "--similarity", "none", "--saliency", "0", "--device", "cpu",
    ];

    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_sweep_tells_its_figures_over_the_seeds_and_where_its_files_are()
    {
        Gpumlp.Outcome sweep = Gpumlp.Here(["sweep", .. s_small, "--json", "--out", _place["run"]]);
        sweep.AssertSuccess();
        JsonElement told = Parse(sweep.Out, "sweep");
        Assert.Equal((4, 0), (told.GetProperty("models").GetInt32(), told.GetProperty("failed").GetInt32()));
        Assert.Equal("cpu", told.GetProperty("device").GetString());
        Assert.True(File.Exists(told.GetProperty("report").GetString()));
        JsonElement tables = told.GetProperty("tables");
        Assert.Equal(["history", "pruning", "results"], tables.EnumerateObject().Select(table => table.Name));
        Assert.All(tables.EnumerateObject(), table => Assert.True(File.Exists(table.Value.GetString())));

        // Of the two seeds of H = 3, from the table that everybody reads.
        string[][] rows = [.. File.ReadAllLines(Path.Combine(_place["run"], "results.csv")).Select(line => line.Split(','))];
        double[] f1 = [.. rows.Where(row => row[Array.IndexOf(rows[0], "hidden")] == "3")
            .Select(row => double.Parse(row[Array.IndexOf(rows[0], "val_f1")], System.Globalization.CultureInfo.InvariantCulture))];
        JsonElement kind = told.GetProperty("kinds").EnumerateArray().Single(one => one.GetProperty("hidden").GetInt32() == 3);
        Assert.Equal(("4v9", 2), (kind.GetProperty("task").GetString(), kind.GetProperty("seeds").GetInt32()));
        Assert.Equal(f1.Average(), kind.GetProperty("figures").GetProperty("val_f1").GetProperty("mean").GetDouble(), 1e-12);

        // A merge and a sweep that finds all done tell the same, but for what was trained and when.
        JsonElement again = Parse(Gpumlp.Here(["sweep", .. s_small, "--json", "--quiet", "--out", _place["run"]]).Out, "sweep");
        JsonElement merged = Parse(Gpumlp.Here("merge", _place["run"], "--json").Out, "sweep");
        Assert.Equal(told.GetProperty("kinds").GetRawText(), again.GetProperty("kinds").GetRawText());
        Assert.Equal(told.GetProperty("kinds").GetRawText(), merged.GetProperty("kinds").GetRawText());
        Assert.Equal(JsonValueKind.Null, again.GetProperty("device").ValueKind);
    }

    [Fact]
    public void One_seed_has_no_spread_and_a_model_that_failed_no_figures()
    {
        Gpumlp.Outcome sweep = Gpumlp.Here(
            "sweep", "--tasks", "4v9", "--hidden", "2", "--seeds", "0", "--lr", "0.03,1e30", "--epochs", "3", "--train-only", "--json",
            "--quiet",
            "--device", "cpu", "--out", _place["run"]);
        Assert.Equal((1, ""), (sweep.ExitCode, sweep.Error));
        JsonElement[] kinds = [.. Parse(sweep.Out, "sweep").GetProperty("kinds").EnumerateArray()];
        Assert.Equal([(1, 0), (0, 1)], kinds.Select(kind => (kind.GetProperty("seeds").GetInt32(), kind.GetProperty("failed").GetInt32())));
        JsonElement one = kinds[0].GetProperty("figures").GetProperty("val_f1");
        Assert.Equal(
            (JsonValueKind.Number, JsonValueKind.Null), (one.GetProperty("mean").ValueKind, one.GetProperty("std").ValueKind));
        Assert.Equal(JsonValueKind.Null, kinds[1].GetProperty("figures").GetProperty("val_f1").GetProperty("mean").ValueKind);
    }

    [Fact]
    public void A_dry_run_and_a_plan_tell_their_sizes()
    {
        JsonElement dry = Parse(Gpumlp.Here(["sweep", .. s_small, "--json", "--dry-run", "--out", _place["run"]]).Out, "sweep --dry-run");
        Assert.Equal((4, 2), (dry.GetProperty("models").GetInt32(), dry.GetProperty("units").GetInt32()));
        Assert.False(Path.Exists(_place["run"]));
        JsonElement plan = Parse(Gpumlp.Here(["plan", .. s_small, "--json", "--shards", "2", "--out", _place["run"]]).Out, "plan");
        Assert.Equal((4, 2), (plan.GetProperty("models").GetInt32(), plan.GetProperty("shards").GetInt32()));
        Assert.Equal(dry.GetProperty("plan_hash").GetString(), plan.GetProperty("plan_hash").GetString());
        Assert.Equal(JsonValueKind.Null, plan.GetProperty("seconds_per_shard").ValueKind);
    }

    [Fact]
    public void A_sweep_that_cannot_be_is_one_line_and_no_object() =>
        Assert.Contains(
            "--hidden", Gpumlp.Here("sweep", "--json", "--hidden", "0", "--out", _place["run"]).AssertOneLine(2));

    [Fact]
    [Trait("Size", "large")]
    public void Bench_tells_the_rows_of_its_table()
    {
        Gpumlp.Outcome bench = Gpumlp.Here(
            "bench", "--quick", "--hidden", "3", "--models", "2", "--batch", "20", "--sparsity", "0,0.9", "--masks", "uniform", "--ops",
            "forward", "--device", "cpu", "--json", "--quiet", "--out", _place["bench"]);
        bench.AssertSuccess();
        JsonElement device = Parse(bench.Out, "bench").GetProperty("devices").EnumerateArray().Single();
        string[] lines = File.ReadAllLines(Path.Combine(_place["bench"], "bench.csv"));
        JsonElement[] rows = [.. device.GetProperty("rows").EnumerateArray()];
        Assert.Equal(lines.Length - 1, rows.Length);
        Assert.Equal(lines[0].Split(','), rows[0].EnumerateObject().Select(cell => cell.Name));
        Assert.Equal(lines[1].Split(',')[..8], rows[0].EnumerateObject().Take(8).Select(cell => cell.Value.ToString()));
    }

    /// <summary>The object, whose fields are those of its table in docs/run.md: all of them and no other.</summary>
    private static JsonElement Parse(string text, string heading)
    {
        JsonElement told = JsonDocument.Parse(text).RootElement;
        Assert.Equal(1, told.GetProperty("format").GetInt32());
        string[] lines = File.ReadAllLines(Checkout.PathOf("docs", "run.md"));
        int start = Array.FindIndex(lines, line => line.StartsWith($"| `{heading}`", StringComparison.Ordinal));
        Assert.True(start >= 0, $"docs/run.md has no table for {heading}");
        IEnumerable<string> documented = lines.Skip(start + 2).TakeWhile(line => line.StartsWith('|'))
            .SelectMany(line => line.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1));
        Assert.Equal(
            told.EnumerateObject().Select(field => field.Name).Where(name => name != "format").Order(StringComparer.Ordinal),
            documented.Order(StringComparer.Ordinal));
        return told;
    }
}
