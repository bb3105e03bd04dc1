using GpuMlp.Engine;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Training;
using GpuMlp.Tests;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>Runs that take models of others: grown ones, analysed ones and joined ones have the bytes of a sweep made at once.</summary>
[Trait("Size", "large")]
public sealed class GrownRunTests : IDisposable
{
    private const string Cheap = "--epochs 3 --threads 2 --corruption none --similarity none --embedding none --saliency 0 --quiet";

    private readonly Workplace _place = new();
    private readonly string _data;

    public GrownRunTests() => _data = _place.Data(each: 60);

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("--sparsity none", "--sparsity 0.5,0.9 --pruning layer,movement")]
    [InlineData("--sparsity 0.5 --pruning layer", "--sparsity 0.5,0.25 --pruning random --finetune-epochs 2 --rewind")]
    [InlineData(
        "--sparsity 0.5 --pruning layer",
        "--corruption gaussian:0.1 --predictions --similarity gradient --similarity-images 3 --embedding 0v1 --saliency 3")]
    [InlineData("--sparsity 0.5 --pruning layer --predictions", "--analyses none")]
    [InlineData("--sparsity none --optimizer adam,momentum,sgd", "--sparsity 0.5 --pruning random --finetune-epochs 2 --rewind")]
    public void Analysing_gives_the_bytes_of_a_sweep_with_these_flags_and_leaves_the_run_alone(string first, string then)
    {
        // The larger rate fails in training.
        string models = $"--tasks 0v1,1v2 --hidden 2,3 --seeds 0,1 --lr 0.1,1e30 {Cheap} {first}";
        Assert.Equal(1, Sweep("old", models).ExitCode);
        var before = Workplace.FilesOf(_place["old"]);
        Gpumlp.Outcome analysed = Gpumlp.Here(
            ["analyse", _place["old"], .. then.Split(' '), "--out", _place["new"], "--threads", "2", "--quiet"]);
        Assert.Equal(1, analysed.ExitCode);
        Assert.Equal(before, Workplace.FilesOf(_place["old"]));

        Assert.Equal(1, Gpumlp.Here(
            ["sweep", "--spec", Path.Combine(_place["old"], "plan.json"), .. then.Split(' '), "--out", _place["once"], "--threads", "2",
                "--quiet"]).ExitCode);
        AssertSame("once", "new");
        Assert.Equal(1, Gpumlp.Here("analyse", _place["old"], "--predictions", "--out", _place["old"], "--quiet").ExitCode);
        Assert.True(File.Exists(Path.Combine(_place["old"], "predictions.parquet")));
    }

    [Theory]
    [InlineData("--hidden 2,5 --seeds 0,1", "--hidden 1,2,3,5,7 --seeds 0..2")]
    [InlineData("--lr 0.1 --tasks 0v1", "--lr 0.3,0.1 --tasks 0v2,0v1")]
    [InlineData("--batch 8 --weight-decay 0", "--batch full,8 --weight-decay 0.01,0")]
    [InlineData(
        "--optimizer adam --batch 8 --sparsity 0.5 --pruning layer --finetune-epochs 2",
        "--optimizer adam,nesterov --batch 8 --sparsity 0.5,0.9 --pruning layer --finetune-epochs 2 --seeds 0..2")]
    [InlineData("--sparsity 0.5 --pruning layer", "--sparsity 0.5,0.9 --pruning layer,w1 --corruption gaussian:0.1 --seeds 0..2")]
    [InlineData(
        "--sparsity 0.5 --pruning layer --embedding 0v1 --saliency 3",
        "--sparsity 0.5 --pruning layer --embedding 0v1 --saliency 3 --seeds 1,0,2")]
    public void A_grown_run_has_the_bytes_of_one_made_at_once(string first, string then)
    {
        Sweep("run", With(first)).AssertSuccess();
        Gpumlp.Outcome grown = Sweep("run", With(then).Replace(" --quiet", "", StringComparison.Ordinal));
        grown.AssertSuccess();
        Assert.Contains("run grows: ", grown.Error);
        Sweep("once", With(then)).AssertSuccess();
        AssertSame("once", "run");
        Assert.Equal(["plan.json", "run.json"], FilesIn(_place["run"], "parts", "1"));
        Assert.False(File.Exists(Path.Combine(_place["run"], "sources.json")));
        Gpumlp.Here("report", _place["run"]).AssertSuccess();
    }

    [Fact]
    public void A_run_grows_before_it_is_finished_and_again_and_back_is_refused()
    {
        string old = With("--seeds 0..2"), more = With("--seeds 0..4"), most = With("--seeds 0..4 --hidden 2,3,4");
        Sweep("run", old).AssertSuccess();
        File.Delete(UnitPath("run", 1));
        Gpumlp.Here([.. Flags("run", more).Prepend("plan"), "--shards", "2"]).AssertSuccess();
        Gpumlp.Here("run", _place["run"], "--shard", "1/2").AssertSuccess();
        Sweep("run", most).AssertSuccess();
        Sweep("once", most).AssertSuccess();
        AssertSame("once", "run");
        Assert.Contains("seeds 0,1,2,3,4 -> 0,1,2", Sweep("run", old).AssertOneLine(2));
        Assert.Contains("epochs 3 -> 4", Sweep("run", most.Replace("--epochs 3", "--epochs 4", StringComparison.Ordinal)).AssertOneLine(2));
        AssertSame("once", "run");
    }

    [Fact]
    public void Kills_at_any_moment_of_growing_change_no_byte()
    {
        string old = With("--seeds 0..9"), more = With("--seeds 0..19 --batch full,8");
        Sweep("run", old).AssertSuccess();
        foreach (Func<bool> moment in new Func<bool>[]
        {
            () => Directory.Exists(Path.Combine(_place["run"], "parts", "1")),
            () => Directory.Exists(Path.Combine(_place["run"], "parts", "1", "units")),
            () => Workplace.UnitsIn(_place["run"]) >= 3,
            () => Workplace.UnitsIn(_place["run"]) >= 15,
        })
        {
            using var program = Gpumlp.Start([.. Flags("run", more).Prepend("sweep")]);
            while (!moment() && !program.HasExited)
                Thread.Sleep(1);
            bool isOver = program.HasExited;
            program.Kill();
            string told = program.End().Error;
            Assert.False(isOver, $"ended too early: {told}");
        }

        Sweep("run", more).AssertSuccess();
        Sweep("once", more).AssertSuccess();
        AssertSame("once", "run");
    }

    /// <summary>Any step leaves a run that either command completes: here all is moved and the plan is still the old one.</summary>
    [Fact]
    public void A_growth_that_stopped_before_its_plan_is_completed_by_the_old_command_and_by_the_new_one()
    {
        string old = With("--seeds 0,1"), more = With("--seeds 0..2");
        foreach (string run in new[] { "back", "forth" })
        {
            Sweep(run, old).AssertSuccess();
            string plan = Path.Combine(_place[run], "plan.json"), text = File.ReadAllText(plan);
            Gpumlp.Here([.. Flags(run, more).Prepend("plan")]).AssertSuccess();
            File.WriteAllText(plan, text);
        }

        Sweep("old", old).AssertSuccess();
        Sweep("once", more).AssertSuccess();
        Sweep("back", old).AssertSuccess();
        AssertSame("old", "back");
        Sweep("back", more).AssertSuccess();
        Sweep("forth", more).AssertSuccess();
        AssertSame("once", "back");
        AssertSame("once", "forth");
    }

    [Fact]
    public void Damaged_and_missing_units_are_refused_by_name_and_nothing_changes()
    {
        string old = With("--seeds 0..2"), more = With("--seeds 0..3"), unit = UnitPath("run", 1);
        Sweep("run", old).AssertSuccess();
        Sweep("other", With("--seeds 7")).AssertSuccess();
        byte[] whole = File.ReadAllBytes(unit), flipped = [.. whole];
        flipped[flipped.Length / 3] ^= 4;
        File.WriteAllBytes(unit, flipped);
        var before = Workplace.FilesOf(_place["run"]);
        string damaged = $"{unit}: its checksum does not match; `gpumlp run {Quoting.Bash(_place["run"])}` does it again";
        Assert.Contains(damaged, Sweep("run", more).AssertOneLine(3));
        Assert.Contains(damaged, Analyse("run", "new").AssertOneLine(3));
        Assert.Contains(damaged, Join("new", "other", "run").AssertOneLine(3));
        Assert.Equal(before, Workplace.FilesOf(_place["run"]));

        File.Delete(unit);
        Assert.Contains("1 of 3 units are missing (1); `gpumlp run", Analyse("run", "new").AssertOneLine(3));
        Assert.Contains("1 of 3 units are missing (1); `gpumlp run", Join("new", "other", "run").AssertOneLine(3));
        Assert.False(Directory.Exists(_place["new"]));

        File.WriteAllBytes(unit, whole);
        Gpumlp.Here([.. Flags("run", more).Prepend("plan")]).AssertSuccess();
        string part = Path.Combine(_place["run"], "parts", "1", "units", "000", "unit-000001.parquet");
        File.WriteAllBytes(part, flipped);
        Assert.Contains("its checksum does not match", Gpumlp.Here("run", _place["run"], "--quiet").AssertOneLine(3));
        File.WriteAllBytes(part, whole);
        Sweep("run", more).AssertSuccess();
        Sweep("once", more).AssertSuccess();
        AssertSame("once", "run");
    }

    [Fact]
    public void An_analysed_run_goes_on_after_a_kill_in_shards_and_names_a_source_that_is_gone()
    {
        Sweep("old", With("--seeds 0..19")).AssertSuccess();
        string[] analyse = ["analyse", _place["old"], "--corruption", "gaussian:0.1", "--out", _place["new"], "--threads", "2", "--quiet"];
        using (var program = Gpumlp.Start(analyse))
        {
            program.WaitUntil(() => Workplace.UnitsIn(_place["new"]) >= 2);
            program.Kill();
            program.End();
        }

        Directory.Move(_place["old"], _place["away"]);
        Assert.Contains("no plan.json here", Gpumlp.Here("run", _place["new"], "--quiet").AssertOneLine(3));
        Directory.Move(_place["away"], _place["old"]);
        Gpumlp.Here("run", _place["new"], "--quiet").AssertSuccess();
        Gpumlp.Here(analyse).AssertSuccess();
        Sweep("once", With("--seeds 0..19 --corruption gaussian:0.1")).AssertSuccess();
        AssertSame("once", "new");

        // Whoever has all units needs no source.
        Directory.Move(_place["old"], _place["away"]);
        Gpumlp.Here("merge", _place["new"], "--quiet").AssertSuccess();
        AssertSame("once", "new");
    }

    [Theory]
    [InlineData("--seeds 0,1", "--seeds 1,2", "--seeds 0..2")]
    [InlineData("--hidden 5,2", "--hidden 3,4", "--hidden 5,2,3,4")]
    [InlineData("--batch 8", "--batch full", "--batch 8,full")]
    [InlineData(
        "--seeds 4 --embedding 0v1 --saliency 3", "--seeds 3 --embedding 0v1 --saliency 3", "--seeds 4,3 --embedding 0v1 --saliency 3")]
    [InlineData("--hidden 2 --embedding 0v1", "--hidden 24 --embedding 0v1", "--hidden 2,24 --embedding 0v1")]
    public void A_joined_run_has_the_bytes_of_one_made_at_once(string one, string other, string both)
    {
        Sweep("one", With(one)).AssertSuccess();
        Sweep("other", With(other)).AssertSuccess();
        var before = Workplace.FilesOf(_place["other"]);
        Join("joined", "one", "other").AssertSuccess();
        Sweep("once", With(both)).AssertSuccess();
        AssertSame("once", "joined");
        Assert.Equal(before, Workplace.FilesOf(_place["other"]));
        Join("one", "one", "other").AssertSuccess();
        AssertSame("once", "one");
    }

    [Fact]
    public void Runs_that_do_not_belong_together_are_refused_by_name_and_nothing_is_written()
    {
        Sweep("one", With("--seeds 0 --hidden 2")).AssertSuccess();
        Sweep("corner", With("--seeds 1 --hidden 3")).AssertSuccess();
        Sweep("pruned", With("--seeds 1 --hidden 2 --sparsity 0.5 --pruning w1")).AssertSuccess();
        Sweep("validated", With("--seeds 1 --hidden 2 --validate-every 1")).AssertSuccess();
        Gpumlp.Here([.. Flags("foreign", With("--seeds 1 --hidden 2"), _place.Data("changed", each: 61)).Prepend("sweep")]).AssertSuccess();

        Assert.Contains(
            "model 0v1, seed 0, hidden 3, lr 0.03, batch full, 3 epochs, initial sd 0.1, weight decay 0 (and 1 more) is not in ",
            Join("new", "one", "corner").AssertOneLine(2));
        Assert.Contains("pruned: sparsity is 0.5; must be none", Join("new", "one", "pruned").AssertOneLine(2));
        Assert.Contains("validated: validate_every is 1; must be 0", Join("new", "one", "validated").AssertOneLine(2));
        Assert.Contains("foreign: a run of other data", Join("new", "one", "foreign").AssertOneLine(2));
        Assert.Contains("named twice", Join("new", "one", "one").AssertOneLine(2));
        Assert.Contains("RUN2... is missing", Join("new", "one").AssertOneLine(2));
        Assert.Contains("--out: missing", Gpumlp.Here("join", _place["one"], _place["corner"]).AssertOneLine(2));
        Assert.Contains("--out: missing", Gpumlp.Here("analyse", _place["one"], "--predictions").AssertOneLine(2));
        Assert.Contains("--out: ", Gpumlp.Here("analyse", _place["one"], "--out", _place["new"]).AssertOneLine(2));
        Assert.Contains("unknown flag", Gpumlp.Here("analyse", _place["one"], "--seeds", "1", "--out", _place["new"]).AssertOneLine(2));
        Assert.Contains("no plan.json", Join("new", "one", "nowhere").AssertOneLine(2));
        Assert.False(Directory.Exists(_place["new"]));
    }

    [Fact]
    public void One_model_with_two_results_is_refused_by_name()
    {
        Sweep("one", With("--seeds 0,1")).AssertSuccess();
        Sweep("other", With("--seeds 1,2")).AssertSuccess();
        var other = RunDirectory.Open(_place["other"]);
        string path = other.UnitPath(0);
        UnitResult unit = UnitFile.Read(path);
        ModelResult changed = unit.Models[1];
        changed.Weights.W1[3] += 1;
        UnitFile.Write(path, unit, other.Plan.Hash);
        Assert.Contains(
            "model 0v1, seed 1, hidden 3, lr 0.03, batch full, 3 epochs, initial sd 0.1, weight decay 0 is not the same in "
                + $"{_place["one"]} and {_place["other"]}",
            Join("new", "one", "other").AssertOneLine(2));
        Assert.False(Directory.Exists(_place["new"]));
    }

    [Fact]
    public void The_commands_of_the_page_do_what_it_says()
    {
        string page = File.ReadAllText(Checkout.PathOf("docs", "growing.md"));
        string[] commands = [.. page.Split('\n').Where(line => line.StartsWith("gpumlp ", StringComparison.Ordinal))];
        Assert.Equal(5, commands.Length);
        Assert.All(commands, line => Gpumlp.Here(
            [.. line.Split(' ').Skip(1).Select(word => word.StartsWith("runs/", StringComparison.Ordinal) ? _place[word[5..]] : word)])
            .AssertSuccess());
        Assert.Equal(
            15, File.ReadLines(Path.Combine(_place["all"], "results.csv")).Skip(1).Count());
    }

    private Gpumlp.Outcome Sweep(string run, string flags) => Gpumlp.Here([.. Flags(run, flags).Prepend("sweep")]);

    private string[] Flags(string run, string flags, string? data = null) =>
        ["--data", data ?? _data, .. flags.Split(' '), "--out", _place[run]];

    private Gpumlp.Outcome Analyse(string run, string into) =>
        Gpumlp.Here("analyse", _place[run], "--corruption", "gaussian:0.1", "--out", _place[into], "--quiet");

    private Gpumlp.Outcome Join(string into, params string[] runs) =>
        Gpumlp.Here(["join", .. runs.Select(run => _place[run]), "--out", _place[into], "--quiet"]);

    /// <summary>A small sweep, with some flags in the place of its own.</summary>
    private static string With(string flags)
    {
        List<string> words = [.. $"--tasks 0v1 --hidden 2,3 --seeds 0,1 --sparsity none {Cheap}".Split(' ')], given = [.. flags.Split(' ')];
        for (int i = 0; i + 1 < given.Count; i += 2)
        {
            int at = words.IndexOf(given[i]);
            if (at >= 0)
                words.RemoveRange(at, 2);
        }

        return string.Join(' ', [.. given, .. words]);
    }

    private string UnitPath(string run, int id) => Path.Combine(_place[run], "units", "000", $"unit-{id:D6}.parquet");

    private static string[] FilesIn(params string[] folder) =>
        [.. Directory.EnumerateFileSystemEntries(Path.Combine(folder)).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];

    /// <summary>Every file but those that tell where models came from.</summary>
    private void AssertSame(string expected, string run)
    {
        static Dictionary<string, string> Files(string folder) => Workplace.FilesOf(folder)
            .Where(file => file.Key.Split(Path.DirectorySeparatorChar)[0] is not ("sources.json" or "parts"))
            .ToDictionary();
        Assert.Equal(Files(_place[expected]), Files(_place[run]));
    }
}
