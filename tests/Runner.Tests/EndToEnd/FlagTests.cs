using System.Text.Json;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>What each flag does to a whole command.</summary>
[Trait("Size", "large")]
public sealed class FlagTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Dry_run_tells_the_cost_and_writes_nothing()
    {
        Gpumlp.Outcome dry = Gpumlp.Here(
            "sweep",
            "--tasks",
            "4v9,0v1",
            "--hidden",
            "2,3",
            "--seeds",
            "0",
            "--epochs",
            "2",
            "--dry-run",
            "--out",
            _place["run"]);
        dry.AssertSuccess();
        Assert.Equal("", dry.Error);
        Assert.False(Directory.Exists(_place["run"]));
        Assert.Matches(@"(?m)^models +4 in 2 units$", dry.Out);
        Assert.Matches(@"(?m)^work +[0-9.]+ TFLOP", dry.Out);
        Assert.Matches(@"(?m)^disk +[0-9.]+ [KMG]iB into ", dry.Out);
        Assert.Matches(@"(?m)^memory +[0-9.]+ [KMG]iB", dry.Out);
        Assert.Matches(@"(?m)^time +\S+ .*GFLOP/s", dry.Out);

        // Of the two tasks one is embedded.
        foreach ((string phase, int models) in new[]
            { ("training", 4), ("pruning", 4), ("embedding", 1), ("robustness", 4), ("similarity", 4) })
        {
            Assert.Matches($@"(?m)^{phase} +{models} +\d+:\d\d +(0|[0-9.]+ [KMG]iB) +[0-9.]+ [KMG]iB\r?$", dry.Out);
        }
    }

    [Theory]
    [InlineData("--preset quick", "quick")]
    [InlineData("--preset quick --epochs 3", "4v9-[0-9a-f]{6}")]
    [InlineData("--preset quick --tasks 4v9,0v1", "4v9-0v1-[0-9a-f]{6}")]
    [InlineData("--tasks 4v9,0v1,1v7 --hidden 2 --seeds 0 --epochs 1", "3-tasks-[0-9a-f]{6}")]
    [InlineData("--preset quick --train-only", "4v9-[0-9a-f]{6}")]
    public void A_sweep_that_is_not_the_preset_has_a_folder_of_its_own(string flags, string name)
    {
        Gpumlp.Outcome dry = Gpumlp.Here(["sweep", .. flags.Split(' '), "--dry-run"]);
        dry.AssertSuccess();
        Assert.Matches($@"(?m)^disk .* into runs.{name}\r?$", dry.Out);
    }

    [Fact]
    public void Devices_and_version_answer()
    {
        Gpumlp.Outcome devices = Gpumlp.Run("devices"), version = Gpumlp.Run("--version");
        devices.AssertSuccess();
        version.AssertSuccess();
        Assert.Contains("cpu", devices.Out);
        Assert.Matches(@"^gpumlp \d+\.\d+\.\d+\r?\n$", version.Out);
        Assert.Equal("", devices.Error + version.Error);
    }

    [Theory]
    [InlineData("cuda:99")]
    [InlineData("opencl:99")]
    public void A_device_that_is_not_there_has_an_exit_code_of_its_own(string device)
    {
        Assert.Contains("--device", Gpumlp.Here("sweep", "--device", device, "--out", _place["run"]).AssertOneLine(70));
        Assert.False(Directory.Exists(_place["run"]));
    }

    [Fact]
    public void A_model_that_fails_is_marked_and_the_others_are_not()
    {
        Gpumlp.Outcome outcome = Small("--lr", "0.1,1e30", "--seeds", "0");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("lr 1E+30: loss or weights not finite, marked failed", outcome.Error);
        string[][] rows = Rows();
        Assert.Equal(["0.1 ok", "0.1 ok", "1e+30 failed", "1e+30 failed"], rows.Select(row => $"{row[3]} {row[^1]}"));

        // A sound model may be without an epoch in which it was learned, and is without test figures where the data have no test files
        // and without epochs of early stopping where none was asked for.
        string[] rare = ["learned_epoch", "best_epoch", "stopped_epoch"];
        bool[] always = [.. Header().Select(column => !rare.Contains(column) && !column.StartsWith("test_", StringComparison.Ordinal))];
        Assert.All(rows.Take(2), row => Assert.DoesNotContain("", row.Where((_, column) => always[column])));
        Assert.Equal(1, Small("--lr", "0.1,1e30", "--seeds", "0").ExitCode);
    }

    [Fact]
    public void Fail_fast_stops_at_the_first_failure()
    {
        Gpumlp.Outcome outcome = Small("--lr", "1e30", "--seeds", "0..9", "--fail-fast", "--threads", "1", "--quiet");
        Assert.Contains("--fail-fast", outcome.AssertOneLine(1));
        Assert.Equal(1, Workplace.UnitsIn(_place["run"]));
        Assert.False(File.Exists(Path.Combine(_place["run"], "results.csv")));
    }

    [Theory]
    [InlineData("--saliency-method perturbation", "h3 perturbation")]
    [InlineData("--saliency-method gradient", "h3 gradient")]
    [InlineData("--saliency 2", "h2 gradient")]
    [InlineData("--saliency 0", null)]
    public void Saliency_flags_choose_the_pictures(string flags, string? picture)
    {
        Small([.. flags.Split(' ')]).AssertSuccess();
        string folder = Path.Combine(_place["run"], "saliency");
        string[] files = Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)] : [];
        string[] parts = picture?.Split(' ') ?? [];
        Assert.Equal(
            parts is [var size, var method]
                ? [$"0v1-s0-{size}-average-{method}.png", $"0v1-s0-{size}-{method}.png", $"0v1-s0-sizes-{method}.png"]
                : [],
            files.Select(file => Path.GetFileName(file)));
        Assert.All(files, file => PngDecoder.Decode(File.ReadAllBytes(file)));
    }

    [Theory]
    [InlineData("--corruption none", null)]
    [InlineData("--corruption none --noise 0.25", "gaussian,0.25")]
    [InlineData("--corruption blur:1,translation:2", "blur,1.0 translation,2.0")]
    [InlineData("--preset quick --noise none", "occlusion,7.0")]
    [InlineData("--preset quick --occlusion 1..3", "occlusion,1.0 occlusion,2.0 occlusion,3.0 gaussian,0.3")]
    public void Corruption_flags_choose_the_rows_of_the_robustness_table(string flags, string? rows)
    {
        Small([.. flags.Split(' ')]).AssertSuccess();
        string table = Path.Combine(_place["run"], "robustness.csv");
        Assert.Equal(rows is not null, File.Exists(table));
        if (rows is not null)
        {
            Assert.Equal(
                $"{rows} {rows}",
                string.Join(' ', Workplace.Rows(_place["run"], "robustness").Select(row => $"{row["corruption"]},{row["severity"]}")));
        }
    }

    [Theory]
    [InlineData("none", "")]
    [InlineData("robustness", "robustness")]
    [InlineData("similarity", "pruning saliency")]
    [InlineData("pruning,robustness", "pruning robustness")]
    public void Analyses_by_name_are_the_only_ones(string names, string tables)
    {
        Gpumlp.Here(
            "sweep", "--preset", "quick", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2,3", "--saliency", "0",
            "--analyses", names, "--out", _place["run"]).AssertSuccess();
        string[] all = ["embedding", "finetune", "pruning", "robustness", "saliency"];
        Assert.Equal(tables, string.Join(' ', all.Where(table => File.Exists(Path.Combine(_place["run"], table + ".csv")))));
    }

    [Fact]
    public void Levels_at_which_the_study_was_measured_are_its_sweeps_alone()
    {
        const string Usual = "0.1 0.15 0.2 0.3 0.4 0.5 0.8 0.9 0.95 0.99", Studys = "0.001 0.003 0.005 0.0095 0.0099 " + Usual;
        Assert.Equal((Studys, "142ee596717ba848275dc4c2bda08021df40bfed853925a4dda4ff34d8a7d814"), Planned());
        Assert.Equal(Studys, Planned("--seeds", "0,42,78,79").Levels);
        Assert.Equal(Studys, Planned("--preset", "paper", "--tasks", "3v8").Levels);
        Assert.Equal(Usual, Planned("--tasks", "3v8").Levels);
        Assert.Equal(Usual, Planned("--data", _place.Data(), "--tasks", "0v1").Levels);
        Assert.Equal("0.0095", Planned("--tasks", "3v8", "--sparsity", "0.0095").Levels);
        Assert.Equal("", Planned("--tasks", "3v8", "--train-only").Levels);

        (string Levels, string Hash) Planned(params string[] flags)
        {
            string run = _place[$"planned{flags.GetHashCode()}"];
            Gpumlp.Here(["plan", "--shards", "1", .. flags, "--out", run]).AssertSuccess();
            using var plan = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "plan.json")));
            return (
                string.Join(' ', plan.RootElement.GetProperty("spec").GetProperty("sparsity").EnumerateArray()),
                plan.RootElement.GetProperty("plan_hash").GetString()!);
        }
    }

    [Fact]
    public void A_plan_is_calibrated_on_one_task_also_where_another_is_embedded()
    {
        string data = _place.Data(classes: 3);
        Gpumlp.Here(
            "plan", "--data", data, "--tasks", "0v1,0v2", "--embedding", "0v2", "--hidden", "2", "--seeds", "0", "--epochs", "2",
            "--out", _place["calibrated"]).AssertSuccess();
        Assert.True(File.Exists(Path.Combine(_place["calibrated"], "plan.json")));
    }

    [Fact]
    public void Train_only_is_the_plan_of_everything_switched_off_by_hand()
    {
        string[] sweep = ["sweep", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "2", "--out"];
        Gpumlp.Here([.. sweep, _place["a"], "--train-only"]).AssertSuccess();
        Gpumlp.Here([
            .. sweep, _place["b"], "--sparsity", "none", "--corruption", "none", "--similarity", "none", "--embedding", "none",
            "--saliency", "0"]).AssertSuccess();
        Assert.Equal(Workplace.FilesOf(_place["b"]), Workplace.FilesOf(_place["a"]));
    }

    [Fact]
    public void Fine_tuning_writes_a_table_with_both_protocols_and_a_few_lines_of_it()
    {
        Gpumlp.Outcome outcome = Small(
            "--sparsity",
            "0.5,0.9",
            "--pruning",
            "layer,random",
            "--finetune-epochs",
            "3",
            "--rewind",
            "--seeds",
            "0");
        outcome.AssertSuccess();
        Assert.Contains("F1 after 3 more epochs, by share of weights pruned", outcome.Out);
        Assert.Contains("layer rewind", outcome.Out);
        Assert.EndsWith(
            ",protocol,method,sparsity,finetune_epochs,zero_w1,zero_w2,weights_left,val_f1,val_auc,val_accuracy,"
            + "dead_inactive,dead_no_input,dead_no_output,status",
            File.ReadLines(Path.Combine(_place["run"], "finetune.csv")).First());
        Dictionary<string, string>[] rows = Workplace.Rows(_place["run"], "finetune");
        Assert.Equal(2 * 2 * 2 * 2, rows.Length);
        Assert.Equal(
            ["finetune,layer,0.5,3", "finetune,layer,0.9,3", "finetune,random,0.5,3", "finetune,random,0.9,3",
                "rewind,layer,0.5,3", "rewind,layer,0.9,3", "rewind,random,0.5,3", "rewind,random,0.9,3"],
            rows.Take(8).Select(row => $"{row["protocol"]},{row["method"]},{row["sparsity"]},{row["finetune_epochs"]}"));
        Assert.True(File.Exists(Path.Combine(_place["run"], "finetune.parquet")));

        // What lies under a mask is 0 after training as before: the shares are those of the one-shot table.
        Assert.Equal(
            Workplace.Rows(_place["run"], "pruning").Take(4).Select(row => (row["zero_w1"], row["zero_w2"])),
            rows.Take(4).Select(row => (row["zero_w1"], row["zero_w2"])));
    }

    [Fact]
    public void A_spec_file_says_the_same_as_flags()
    {
        string data = _place.Data(), spec = _place["mine.json"];
        File.WriteAllText(spec, """{"tasks":["0v1"],"hidden":[2,3],"seeds":[0],"epochs":5,"lr":[0.1],"batch":16,"init_std":0.2}""");
        Gpumlp.Here("sweep", "--data", data, "--spec", spec, "--out", _place["a"]).AssertSuccess();
        Gpumlp.Here(
            "sweep", "--data", data, "--tasks", "0v1", "--hidden", "2,3", "--seeds", "0", "--epochs", "5", "--lr", "0.1", "--batch", "16",
            "--init-std", "0.2", "--out", _place["b"]).AssertSuccess();
        Assert.Equal(Workplace.FilesOf(_place["a"]), Workplace.FilesOf(_place["b"]));
    }

    [Theory]
    [InlineData(3, 11)]
    [InlineData(11, 2)]
    [InlineData(1, 1)]
    [InlineData(256, 1)]
    public void Images_of_any_shape_train_and_draw(int rows, int columns)
    {
        string data = _place.Data(rows: rows, columns: columns);
        Gpumlp.Here("sweep", "--data", data, "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "3", "--out", _place["run"])
            .AssertSuccess();
        PngDecoder.Decode(File.ReadAllBytes(Path.Combine(_place["run"], "saliency", "0v1-s0-h2-gradient.png")));
    }

    [Fact]
    public void All_tasks_of_three_classes_are_three()
    {
        Small("--tasks", "all").AssertSuccess();
        Assert.Equal(["0v1", "0v2", "1v2"], Rows().Select(row => row[0]).Distinct());
    }

    [Theory]
    [InlineData("--seeds -1", "0..2147483647")]
    [InlineData("--spec .", "a folder")]
    [InlineData("--hidden 1025", "1..1024")]
    [InlineData("--saliency 7", "2, 3")]
    public void Errors_say_what_would_be_right(string flags, string right)
        => Assert.Contains(right, Small(flags.Split(' ')).AssertOneLine(2));

    [Fact]
    public void Language_home_and_temporary_folder_do_not_matter()
    {
        string[] sweep = ["sweep", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--lr", "0.25", "--epochs", "2", "--out"];
        Gpumlp.Outcome here = Gpumlp.Here([.. sweep, _place["a"]]);
        Gpumlp.Outcome there = Gpumlp.Run(
            start =>
            {
                start.Environment["LANG"] = start.Environment["LC_ALL"] = "de_DE.UTF-8";
                start.Environment["HOME"] = start.Environment["TMPDIR"] = "/nonexistent";
            },
            [.. sweep, _place["b"]]);
        there.AssertSuccess();
        Assert.Equal(here.Out, there.Out);
        Assert.Equal(Workplace.FilesOf(_place["a"]), Workplace.FilesOf(_place["b"]));
    }

    [Fact]
    public void Thread_counts_change_no_byte()
    {
        Small("--threads", "1").AssertSuccess();
        SortedDictionary<string, string> files = Workplace.FilesOf(_place["run"]);
        Directory.Delete(_place["run"], recursive: true);
        Small("--threads", "16").AssertSuccess();
        Assert.Equal(files, Workplace.FilesOf(_place["run"]));
    }

    private Gpumlp.Outcome Small(params string[] flags)
    {
        var given = new Dictionary<string, string>
        {
            ["--data"] = _place.Data(),
            ["--tasks"] = "0v1",
            ["--hidden"] = "2,3",
            ["--seeds"] = "0",
            ["--epochs"] = "20",
            ["--similarity"] = "none",
            ["--embedding"] = "none",
            ["--out"] = _place["run"],
        };
        string[] others = [.. given.Where(flag => !flags.Contains(flag.Key)).SelectMany(flag => new[] { flag.Key, flag.Value })];
        return Gpumlp.Here(["sweep", .. others, .. flags]);
    }

    private List<string> Header() => [.. File.ReadLines(Path.Combine(_place["run"], "results.csv")).First().Split(',')];

    private string[][] Rows() => [.. File.ReadAllLines(Path.Combine(_place["run"], "results.csv")).Skip(1).Select(row => row.Split(','))];
}
