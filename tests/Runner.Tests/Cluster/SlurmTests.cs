using System.Globalization;
using System.Text.RegularExpressions;
using GpuMlp.Engine;
using GpuMlp.Runner.Tests.EndToEnd;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(GpuMlp.Runner.Tests.Cluster.ClusterFirst))]

namespace GpuMlp.Runner.Tests.Cluster;

/// <summary>A run of sixteen units that no scheduler had a hand in, and what it left.</summary>
public sealed class SerialRun : IDisposable
{
    public const int Units = 16;

    private readonly Workplace _place = new();

    /// <summary>Found when first asked for, like the files: not where there is no Slurm.</summary>
    public string[] Flags => field ??= FlagsFor("0v1,1v2", "0..7", EpochsOfASecond());

    public SortedDictionary<string, string> Files => field ??= Make();

    private SortedDictionary<string, string> Make()
    {
        Gpumlp.Here(["sweep", .. Flags, "--quiet", "--threads", "1", "--out", _place["serial"]]).AssertSuccess();
        return FilesOf(_place["serial"]);
    }

    /// <summary>What must be the same: tables, weights, splits and units.</summary>
    public static SortedDictionary<string, string> FilesOf(string run) => new(
        Workplace.FilesOf(run).Where(file => Regex.IsMatch(file.Key, @"\.(csv|parquet|safetensors)$|^split/"))
            .ToDictionary(), StringComparer.Ordinal);

    public void Dispose() => _place.Dispose();

    // A unit takes its time by large images: rows of history, of many epochs, would cost every merge theirs.
    private string[] FlagsFor(string tasks, string seeds, int epochs) =>
    [
        "--data", _place.Data(rows: 112, columns: 112), "--tasks", tasks, "--hidden", "2,3", "--seeds", seeds, "--epochs", $"{epochs}",
        "--sparsity", "none", "--corruption", "gaussian:0.1", "--similarity", "none", "--embedding", "none", "--saliency", "0",
    ];

    // A task must be at work while it is signalled, pushed out or cut off, which takes a scheduler a second or two: so a unit takes one, of
    // this machine's processor and whatever else is at work on it.
    private int EpochsOfASecond()
    {
        const int Tried = 800, Least = 300, Most = 5000;
        return (int)Math.Clamp(Tried / Math.Max(Seconds(1 + Tried) - Seconds(1), 0.01), Least, Most);
    }

    private double Seconds(int epochs)
    {
        string[] sweep = ["sweep", .. FlagsFor("0v1", "0", epochs), "--quiet", "--threads", "1", "--out", _place[$"tried-{epochs}"]];
        Gpumlp.Outcome times = Gpumlp.Bash("\"$@\" > /dev/null && times", sweep);
        times.AssertSuccess();

        // User and system of the shell, then of the program: "0m0.01s 0m0.00s".
        Match user = Regex.Match(times.Out.TrimEnd().Split('\n')[^1], @"^(\d+)m(\d+[.,]\d+)s ");
        return (60 * double.Parse(user.Groups[1].Value, CultureInfo.InvariantCulture))
            + double.Parse(user.Groups[2].Value.Replace(',', '.'), CultureInfo.InvariantCulture);
    }
}

/// <summary>What waits for a scheduler most of its time, beside all others and before them: it takes longest.</summary>
[CollectionDefinition(nameof(ClusterTests))]
public sealed class ClusterTests;

/// <summary>Collections as they come, but the cluster's first.</summary>
public sealed class ClusterFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(collection => collection.TestCollectionDisplayName == nameof(ClusterTests) ? 0 : 1)];
}

/// <summary>Array jobs on a real Slurm, and what happens to clusters. One after the other: they share two nodes.</summary>
[Collection(nameof(ClusterTests))]
[Trait("Size", "large")]
public sealed class SlurmTests(SlurmCluster cluster, SerialRun serial) : IClassFixture<SlurmCluster>, IClassFixture<SerialRun>, IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Scripts_pass_the_schedulers_own_test_and_a_wrong_partition_does_not()
    {
        string run = Plan();
        Gpumlp.Outcome check = Slurm(run, "--check", "--gres", "gpu:1");
        check.AssertSuccess();
        Assert.Equal(2, Regex.Count(check.Out, "to start at"));
        Assert.Contains("nowhere", Slurm(run, "--check", "--partition", "nowhere").AssertOneLine(2), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("", cluster.Sh("squeue", "--noheader"));
    }

    [Fact]
    public void An_array_and_its_merge_use_both_nodes_and_give_the_bytes_of_a_serial_run()
    {
        string run = Plan();
        (string array, string merge) = Submit(run);
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        AssertSerial(run);
        Assert.Equal(["n1", "n2"], Tasks.Select(task => cluster.FieldOf($"{array}_{task}", "NodeList")).Distinct().Order());
    }

    [Fact]
    public void User_signal_1_puts_a_task_back_into_the_queue_and_it_goes_on_where_it_was()
    {
        string run = Plan();
        (string array, string merge) = Submit(run);
        WaitForUnitOf(run, 1);
        cluster.SignalUser1($"{array}_1");
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.Equal("1", cluster.FieldOf($"{array}_1", "Restarts"));
        string log = LogOf(run, array, 1);
        Assert.Contains("units already done", log);
        Assert.Equal(2, Regex.Count(log, "models in 4 units"));
        AssertSerial(run);
    }

    [Fact]
    public void A_task_that_a_higher_partition_pushes_out_comes_back()
    {
        string run = Plan();
        (string array, string merge) = Submit(run);
        WaitForUnitOf(run, 0, 1);
        string urgent = cluster.Sh(
            "sbatch",
            "--parsable",
            "--partition=urgent",
            "--nodes=2",
            "--gres=gpu:1",
            "--output=/dev/null",
            "--wrap",
            "sleep 1");
        Assert.Equal("COMPLETED", cluster.EndOf(urgent));
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.Contains("1", Tasks.Select(task => cluster.FieldOf($"{array}_{task}", "Restarts")));
        AssertSerial(run);
    }

    [Fact]
    public void A_unit_that_always_fails_is_named_and_missing_does_its_shard_alone()
    {
        string run = Plan(), unit = UnitPath(run, 5);
        Directory.CreateDirectory(unit);
        (string array, string merge) = Submit(run);
        Assert.Equal("FAILED", cluster.EndOf(merge));
        Assert.Equal("3:0", cluster.FieldOf(merge, "ExitCode"));
        Assert.Equal("3:0", cluster.FieldOf($"{array}_1", "ExitCode"));
        Assert.Equal("0", cluster.FieldOf($"{array}_1", "Restarts"));
        Assert.Contains(
            $"1 of 16 units are missing (5); `gpumlp slurm {Quoting.Bash(run)} --missing --submit` does them",
            File.ReadAllText(Path.Combine(run, "logs", $"merge-{merge}.log")));
        Assert.Equal(SerialRun.Units - 1, Workplace.UnitsIn(run));
        Assert.Contains("failed      1 unit: 5", Gpumlp.Here("status", run).Out);

        Directory.Delete(unit);
        (array, merge) = Submit(run, "--missing");
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.Equal("1", cluster.FieldOf(array, "ArrayTaskId"));
        AssertSerial(run);
    }

    [Fact]
    public void A_node_without_power_costs_a_unit_and_no_more()
    {
        string run = Plan();
        (string array, string merge) = Submit(run);
        WaitForWorkOn("n2", run, array);
        cluster.Cut("n2", withPrograms: true);
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.All(Tasks, task => Assert.Contains(cluster.FieldOf($"{array}_{task}", "NodeList"), new[] { "n1", "n2" }));
        Assert.Contains("1", Tasks.Select(task => cluster.FieldOf($"{array}_{task}", "Restarts")));
        AssertSerial(run);
    }

    [Fact]
    public void A_program_behind_a_broken_network_writes_beside_its_successor_and_does_no_harm()
    {
        string run = Plan();
        (string array, string merge) = Submit(run);
        WaitForWorkOn("n2", run, array);
        cluster.Cut("n2", withPrograms: false);
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.Contains("1", Tasks.Select(task => cluster.FieldOf($"{array}_{task}", "Restarts")));
        SlurmCluster.WaitUntil(() => !Directory.EnumerateFiles(Path.Combine(run, "running")).Any(), "the end of the cut off program");
        AssertSerial(run);
    }

    [Fact]
    public void A_controller_that_is_killed_and_started_again_loses_no_task()
    {
        // By a name of its own: jobs of other tests are saved already, and one that is not saved is lost.
        string run = Plan("restarted");
        (_, string merge) = Submit(run);
        WaitForUnitOf(run, 0, 1);
        cluster.RestartController("gpumlp-restarted-merge");
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        AssertSerial(run);
    }

    [Fact]
    public void A_cancelled_array_stays_cancelled_until_its_missing_shards_are_asked_for()
    {
        string run = Plan();
        (string array, string merge) = Submit(run);
        WaitForUnitOf(run, 0, 1);
        cluster.Sh("scancel", array);
        Assert.Equal("FAILED", cluster.EndOf(merge));
        // On a busy machine one of the first two may have come to its end meanwhile.
        string[] states = [.. Tasks.Select(task => cluster.FieldOf($"{array}_{task}", "JobState"))];
        Assert.All(states, state => Assert.Contains(state, new[] { "CANCELLED", "COMPLETED" }));
        Assert.Equal("CANCELLED", states[^1]);
        Assert.All(Tasks, task => Assert.Equal("0", cluster.FieldOf($"{array}_{task}", "Restarts")));
        int finished = Workplace.UnitsIn(run);
        Assert.InRange(finished, 2, SerialRun.Units - 1);
        Assert.Contains("interrupted; finished units stay", LogOf(run, array, 0) + LogOf(run, array, 1));

        Dictionary<string, DateTime> times = Directory.GetFiles(Path.Combine(run, "units"), "*", SearchOption.AllDirectories)
            .ToDictionary(file => file, File.GetLastWriteTimeUtc);
        (_, merge) = Submit(run, "--missing");
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.All(times, file => Assert.Equal(file.Value, File.GetLastWriteTimeUtc(file.Key)));
        AssertSerial(run);
    }

    [Theory]
    [InlineData("a b#c'd\"e%f$g;h&i \u00e9\u4e00")]
    [InlineData("a b#c'd\"e%f$g;h&i\\j %% \u00e9\u4e00")]
    public void A_folder_may_have_any_name_and_an_argument_any_blanks(string name)
    {
        cluster.Require();
        string run = _place[name];
        Gpumlp.Here(
            "plan", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--seeds", "0..1", "--epochs", "2", "--sparsity", "none",
            "--corruption", "none", "--embedding", "none", "--similarity", "none", "--shards", "2", "--quiet",
            "--out", run).AssertSuccess();
        (string array, string merge) = Submit(
            run,
            "--time",
            "5",
            "--device",
            "cpu",
            "--sbatch-args",
            "comment='two words, # \"more\"' nice=1");
        Assert.Equal("COMPLETED", cluster.EndOf(merge));
        Assert.Contains("Comment=two words, # \"more\"", cluster.Sh("scontrol", "show", "job", merge));
        Assert.Contains("shard 1/2 is done", LogOf(run, array, 1));
        Assert.True(File.Exists(Path.Combine(run, "results.csv")));
        Assert.Contains("2 models merged", File.ReadAllText(Path.Combine(run, "logs", $"merge-{merge}.log")));
    }

    private static IEnumerable<int> Tasks => Enumerable.Range(0, 4);

    /// <param name="name">Of the run's folder, and so in the names of its jobs.</param>
    private string Plan(string name = "run")
    {
        cluster.Require();
        string run = _place[name];
        Gpumlp.Here(["plan", .. serial.Flags, "--shards", "4", "--quiet", "--out", run]).AssertSuccess();
        return run;
    }

    private Gpumlp.Outcome Slurm(string run, params string[] flags) =>
        Gpumlp.Run(start => start.Environment["SLURM_CONF"] = cluster.Configuration, ["slurm", run, .. flags]);

    private (string Array, string Merge) Submit(string run, params string[] flags)
    {
        string[] script = flags.Length > 0 ? [] : ["--gres", "gpu:1", "--time", "5", "--cpus", "1", "--device", "cpu", "--notice", "30"];
        Gpumlp.Outcome submitted = Slurm(run, [.. script, .. flags, "--submit"]);
        submitted.AssertSuccess();
        Match match = Regex.Match(submitted.Out, @"^submitted (\d+) for \d+ shards, and (\d+) to merge");
        Assert.True(match.Success, submitted.Out);
        return (match.Groups[1].Value, match.Groups[2].Value);
    }

    /// <summary>Waits until each of these shards has a unit, and is so at work.</summary>
    private static void WaitForUnitOf(string run, params int[] shards) => SlurmCluster.WaitUntil(
        () => shards.All(
            shard => Enumerable.Range(0, SerialRun.Units).Any(unit => unit % 4 == shard && File.Exists(UnitPath(run, unit)))),
            "a unit of each shard");

    /// <summary>Waits until a node is at work on a task that has units behind it and before it.</summary>
    private void WaitForWorkOn(string node, string run, string array) => SlurmCluster.WaitUntil(
        () => Tasks.Any(task => Enumerable.Range(0, SerialRun.Units)
            .Count(unit => unit % 4 == task && File.Exists(UnitPath(run, unit))) is > 0 and < 4
            && cluster.FieldOf($"{array}_{task}", "NodeList") == node && cluster.FieldOf($"{array}_{task}", "JobState") == "RUNNING"),
        $"work on {node}");

    private static string UnitPath(string run, int id) => Path.Combine(run, "units", "000", $"unit-{id:D6}.parquet");

    private static string LogOf(string run, string array, int task) => File.ReadAllText(Path.Combine(run, "logs", $"{array}_{task}.log"));

    private void AssertSerial(string run) => Assert.Equal(serial.Files, SerialRun.FilesOf(run));
}
