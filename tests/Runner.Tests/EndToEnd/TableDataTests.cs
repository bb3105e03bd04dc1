using System.Globalization;
using System.Text;
using System.Text.Json;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>Tables and signals go through a sweep as pictures do, with what means something for them.</summary>
public sealed class TableDataTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_table_is_trained_corrupted_drawn_and_reported_with_what_rounding_costs()
    {
        string data = Table("my iris, \"2\".csv"), run = _place["run"];
        string[] flags =
            ["sweep", "--data", data, "--hidden", "2,3", "--seeds", "0", "--epochs", "3", "--threads", "1", "--label-column", "kind"];
        Gpumlp.Outcome dry = Gpumlp.Here([.. flags, "--dry-run"]);
        dry.AssertSuccess();
        Assert.Contains($"{data}, 90 examples of 5 features, 3 classes", dry.Out);
        Assert.Contains("label: kind; 5 features to 256 levels by minmax:", dry.Out);
        Gpumlp.Outcome sweep = Gpumlp.Here([.. flags, "--out", run]);
        sweep.AssertSuccess();
        Assert.Contains(Cli.Lines(sweep.Error), line => line.StartsWith("label: kind; 5 features to 256 levels", StringComparison.Ordinal));
        Assert.Equal(
            ["contrast", "gaussian", "salt-pepper"],
            Workplace.Rows(run, "robustness").Select(row => row["corruption"]).Append("contrast").Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(["0v1", "0v2", "1v2"], Workplace.Rows(run, "results").Select(row => row["task"]).Distinct());
        Assert.Equal("b\nred\nü\n", File.ReadAllText(Path.Combine(run, "classes.txt")));
        using var info = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "run.json")));
        JsonElement table = info.RootElement.GetProperty("table");
        Assert.Equal(("kind", "minmax", 5), (table.GetProperty("label_column").GetString(), table.GetProperty("scaling").GetString(),
            table.GetProperty("features").GetInt32()));
        Assert.InRange(table.GetProperty("largest_error").GetDouble(), 1e-6, 1 / 510.0);
        Assert.Contains("5 features to 256 levels by minmax", File.ReadAllText(Path.Combine(run, "report.html")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(run, "saliency"), "*.png"));

        // The plan has all that is needed to read the table again, here or elsewhere.
        using var plan = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "plan.json")));
        Assert.Equal("kind", plan.RootElement.GetProperty("spec").GetProperty("label_column").GetString());
        string moved = _place["moved.csv"];
        File.Move(data, moved);
        Gpumlp.Here("run", run, "--data", moved).AssertSuccess();
        Gpumlp.Here("analyse", run, "--data", moved, "--noise", "0.2", "--out", _place["more"]).AssertSuccess();
        Assert.Contains("--data", Gpumlp.Here("run", run).AssertOneLine(2));
    }

    [Fact]
    public void A_signal_keeps_what_needs_neighbours_in_a_row()
    {
        string run = _place["run"];
        Gpumlp.Here(
            "sweep", "--data", "mnist-1d", "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "2", "--threads", "1", "--quiet",
            "--sparsity", "none", "--out", run).AssertSuccess();
        Assert.Equal(
            ["blur", "gaussian", "occlusion", "salt-pepper"],
            Workplace.Rows(run, "robustness").Select(row => row["corruption"]).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains("\"data\":\"mnist-1d\"", File.ReadAllText(Path.Combine(run, "plan.json")));
        Assert.DoesNotContain("label_column", File.ReadAllText(Path.Combine(run, "plan.json")));
        Gpumlp.Here("run", run).AssertSuccess();
    }

    [Fact]
    public void What_the_data_cannot_have_is_refused_in_one_line()
    {
        string data = Table("t.csv");
        string Refused(params string[] flags) => Gpumlp.Here(["sweep", .. flags, "--dry-run"]).AssertOneLine(2);
        Assert.Contains(
            "--corruption: blur needs inputs with neighbours, and these data have 5 features; must be gaussian, salt-pepper or contrast",
            Refused("--data", data, "--corruption", "gaussian,blur"));
        Assert.Contains("--occlusion", Refused("--data", data, "--occlusion", "3").Replace("corruption", "occlusion"));
        Assert.Contains(
            "--corruption: rotation needs pictures, and these data have 40 positions;",
            Refused("--data", "mnist-1d", "--corruption", "rotation:5"));
        Assert.Contains("--label-column: belongs to .csv files; must be left out with other data",
            Refused("--data", "mnist-1d", "--label-column", "2"));
        Assert.Contains("--scaling: belongs to .csv files", Refused("--scaling", "quantile"));
        Assert.Contains("--scaling: 'log' is unknown; must be minmax or quantile", Refused("--data", data, "--scaling", "log"));
        Assert.Contains("--label-column: 'nobody' is no column of", Refused("--data", data, "--label-column", "nobody"));
        string spec = _place["s.yaml"];
        File.WriteAllText(spec, $"data: '{data}'\nlabel_column: 6\nscaling: quantile\ncorruption: blur:1\ntasks: all\n");
        Assert.Contains("s.yaml: line 4: corruption: blur needs inputs with neighbours", Refused("--spec", spec));
        Assert.Contains("label: kind; 5 features to 256 levels by quantile", Gpumlp.Here(
            "sweep", "--spec", spec, "--corruption", "contrast:0.5", "--threads", "1", "--dry-run").Out);
    }

    private string Table(string name)
    {
        StringBuilder text = new("a,b,\"c, long\",d,e,kind\n");
        var random = new Random(3);
        for (int i = 0; i < 90; i++)
        {
            double[] values = [.. Enumerable.Range(0, 5).Select(f => Math.Round(random.NextDouble() + (f == i % 3 ? 2 : 0), 3))];
            text.Append(CultureInfo.InvariantCulture, $"{string.Join(',', values.Select(v => v.ToString(CultureInfo.InvariantCulture)))},");
            text.AppendLine(((string[])["red", "ü", "b"])[i % 3]);
        }

        File.WriteAllText(_place[name], text.ToString());
        return _place[name];
    }
}
