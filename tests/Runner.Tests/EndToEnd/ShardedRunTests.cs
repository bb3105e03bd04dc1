using System.Text.Json;
using GpuMlp.Engine;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A run in pieces - plan, run, status, merge - and everything that may go wrong between them.</summary>
[Trait("Size", "large")]
public sealed class ShardedRunTests(UndisturbedSweep undisturbed) : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Three_shards_and_a_merge_give_the_bytes_of_one_sweep()
    {
        string run = Plan(3);
        Gpumlp.Outcome early = Gpumlp.Here("merge", run);
        Assert.Contains($"40 of 40 units are missing (0-39); `gpumlp run {Quoting.Bash(run)}` does them", early.AssertOneLine(3));

        Gpumlp.Here("run", run, "--shard", "2/3").AssertSuccess();
        Gpumlp.Run(start => start.Environment["SLURM_ARRAY_TASK_ID"] = "0", "run", run, "--shard", "auto").AssertSuccess();
        Assert.Contains("13 of 40 units are missing (1,4,7,10,", Gpumlp.Here("merge", run).AssertOneLine(3));
        Gpumlp.Outcome status = Gpumlp.Here("status", run);
        Assert.Contains("done        27 units (67 %)", status.Out);
        using (var json = JsonDocument.Parse(Gpumlp.Here("status", run, "--json").Out))
        {
            JsonElement root = json.RootElement;
            Assert.Equal(
                (1, run, 80, 40, 3, false, 27, 0, 0, 13),
                (root.GetProperty("format").GetInt32(), root.GetProperty("run").GetString(), root.GetProperty("models").GetInt32(),
                    root.GetProperty("units").GetInt32(), root.GetProperty("shards").GetInt32(), root.GetProperty("complete").GetBoolean(),
                    Items("done"), Items("running"), Items("failed"), Items("missing")));
            Assert.Equal([1, 4, 7], root.GetProperty("missing").EnumerateArray().Take(3).Select(unit => unit.GetInt32()));
            Assert.True(root.GetProperty("units_per_hour").GetDouble() > 0);
            int Items(string name) => root.GetProperty(name).GetArrayLength();
        }

        Assert.Contains("missing     13 units: 1,4,7,", status.Out);

        Gpumlp.Run(start => start.Environment["JOB_COMPLETION_INDEX"] = "1", "run", run, "--shard", "auto", "--quiet").AssertSuccess();
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
        Assert.Contains("nothing; `gpumlp merge", Gpumlp.Here("status", run).Out);
    }

    [Fact]
    public void A_sweep_goes_on_where_shards_began()
    {
        string run = Plan(5);
        Gpumlp.Here("run", run, "--shard", "4/5").AssertSuccess();
        Gpumlp.Outcome sweep = Gpumlp.Here(undisturbed.Args(run));
        sweep.AssertSuccess();
        Assert.Contains("8 units already done", sweep.Error);
        AssertSame(run);
    }

    [Fact]
    public void Two_processes_on_one_shard_do_no_harm()
    {
        string run = Plan(2);
        using (Gpumlp one = Gpumlp.Start("run", run, "--shard", "0/2"), two = Gpumlp.Start("run", run, "--shard", "0/2"))
        {
            one.End().AssertSuccess();
            two.End().AssertSuccess();
        }

        Gpumlp.Here("run", run, "--shard", "1/2").AssertSuccess();
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
    }

    [Fact]
    public void A_hole_is_named_and_nothing_else_is_done_again()
    {
        string run = undisturbed.CopyTo(_place["run"]);
        File.Delete(UnitPath(run, 7));
        DateTime before = File.GetLastWriteTimeUtc(UnitPath(run, 8));
        Assert.Contains("1 of 40 units are missing (7)", Gpumlp.Here("merge", run).AssertOneLine(3));
        Gpumlp.Here("run", run).AssertSuccess();
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
        Assert.Equal(before, File.GetLastWriteTimeUtc(UnitPath(run, 8)));
    }

    [Theory]
    [InlineData("torn", "torn or not Parquet")]
    [InlineData("flipped", "its checksum does not match")]
    [InlineData("foreign plan", "made by another plan")]
    [InlineData("foreign unit", "another unit")]
    public void A_unit_file_that_is_no_good_is_told_set_aside_and_done_again(string fault, string told)
    {
        string run = undisturbed.CopyTo(_place["run"]), last = UnitPath(run, 39);
        byte[] whole = File.ReadAllBytes(last);
        switch (fault)
        {
            case "torn":
                File.WriteAllBytes(last, whole[..^100]);
                break;
            case "flipped":
                whole[whole.Length / 3] ^= 4;
                File.WriteAllBytes(last, whole);
                break;
            case "foreign plan":
                string other = _place["other"];
                Gpumlp.Here([.. undisturbed.Args(other).Select(arg => arg == "300" ? "2" : arg)]).AssertSuccess();
                File.Copy(UnitPath(other, 39), last, overwrite: true);
                break;
            default:
                File.Copy(UnitPath(run, 38), last, overwrite: true);
                break;
        }

        Gpumlp.Outcome merge = Gpumlp.Here("merge", run);
        Assert.Equal(3, merge.ExitCode);
        string[] lines = Cli.Lines(merge.Error);
        Assert.Equal($"{last}: {told}; set aside as unit-000039.parquet.bad", lines[0]);
        Assert.Contains("1 of 40 units are missing (39)", lines[1]);
        Gpumlp.Here("run", run).AssertSuccess();
        Gpumlp.Here("merge", run).AssertSuccess();
        File.Delete(last + ".bad");
        AssertSame(run);
    }

    [Fact]
    public void A_unit_that_cannot_be_finished_leaves_its_reason_and_the_others_go_on()
    {
        string run = Plan(2);
        Directory.CreateDirectory(UnitPath(run, 4));
        Gpumlp.Outcome failing = Gpumlp.Here("run", run, "--shard", "0/2", "--quiet");
        Assert.Contains("1 units could not be finished, errors/unit-*.json", failing.AssertOneLine(3));
        Assert.Equal(19, Workplace.UnitsIn(run));
        Assert.Contains("\"unit\": 4,", File.ReadAllText(Path.Combine(run, "errors", "unit-000004.json")));
        Gpumlp.Outcome status = Gpumlp.Here("status", run);
        Assert.Contains("failed      1 unit: 4", status.Out);
        Assert.Contains("unit 4, 0v1 seed 4 on ", status.Out);

        Directory.Delete(UnitPath(run, 4));
        Gpumlp.Here("run", run).AssertSuccess();
        Assert.False(File.Exists(Path.Combine(run, "errors", "unit-000004.json")));
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
    }

    [Fact]
    public void User_signal_1_finishes_units_in_flight_and_begins_no_other()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs signals");
        string run = Plan(1);
        using (var program = Gpumlp.Start("run", run, "--threads", "2"))
        {
            program.WaitUntil(() => Workplace.UnitsIn(run) >= 2);
            program.Signal("USR1");
            Gpumlp.Outcome stopped = program.End();
            Assert.Equal(75, stopped.ExitCode);
            Assert.Contains("stopped by SIGUSR1 before the next unit; finished units stay", Cli.Lines(stopped.Error)[^1]);
        }

        Assert.InRange(Workplace.UnitsIn(run), 2, 39);
        Assert.Empty(Directory.GetFiles(Path.Combine(run, "running")));
        Gpumlp.Here("run", run).AssertSuccess();
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
    }

    [Fact]
    public void A_full_disk_ends_a_shard_with_75_and_room_lets_it_resume()
    {
        using Tmpfs? disk = Tmpfs.TryMount(_place["disk"], "300k");
        Assert.SkipWhen(disk is null, "needs a right to mount a tmpfs");
        string run = Plan(1, Path.Combine(disk!.Path, "run"));
        Assert.Contains("disk full", Gpumlp.Here("run", run, "--quiet").AssertOneLine(75));
        Assert.InRange(Workplace.UnitsIn(run), 1, 39);
        disk.Resize("50m");
        Gpumlp.Here("run", run).AssertSuccess();
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
    }

    [Fact]
    public void A_read_only_run_can_be_looked_at_but_is_refused_before_anything_is_trained()
    {
        using Tmpfs? disk = Tmpfs.TryMount(_place["disk"], "50m");
        Assert.SkipWhen(disk is null, "needs a right to mount a tmpfs");
        string run = Plan(2, Path.Combine(disk!.Path, "run"));
        Gpumlp.Here("run", run, "--shard", "0/2").AssertSuccess();
        disk.Remount("ro");
        Assert.Contains("done        20 units (50 %)", Gpumlp.Here("status", run).Out);
        Assert.Contains("read-only", Gpumlp.Here("run", run, "--quiet").AssertOneLine(2));
        Assert.Contains("20 of 40 units are missing", Gpumlp.Here("merge", run).AssertOneLine(3));
        disk.Remount("rw");
        Gpumlp.Here("run", run).AssertSuccess();
        disk.Remount("ro");
        Assert.Contains("read-only", Gpumlp.Here("merge", run).AssertOneLine(2));
        disk.Remount("rw");
        Gpumlp.Here("merge", run).AssertSuccess();
        AssertSame(run);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("run")]
    [InlineData("merge")]
    [InlineData("slurm")]
    public void A_plan_of_a_newer_version_is_refused_and_left_alone(string command)
    {
        string run = Plan(2), plan = Path.Combine(run, "plan.json");
        File.WriteAllText(plan, File.ReadAllText(plan).Replace("\"format\":", "\"format\":9", StringComparison.Ordinal));
        string text = File.ReadAllText(plan);
        Assert.Contains("use the gpumlp that made the run", Gpumlp.Here(command, run).AssertOneLine(2));
        Assert.Equal(text, File.ReadAllText(plan));
    }

    [Fact]
    public void Another_plan_or_another_number_of_shards_in_the_same_place_is_refused()
    {
        string run = Plan(2);
        string text = File.ReadAllText(Path.Combine(run, "plan.json"));
        Assert.Contains("shards 2 -> 4", Gpumlp.Here(PlanArgs(run, 4)).AssertOneLine(2));
        Assert.Contains("epochs 300 -> 7", Gpumlp.Here([.. PlanArgs(run, 2).Select(arg => arg == "300" ? "7" : arg)]).AssertOneLine(2));
        Gpumlp.Here(PlanArgs(run, 2)).AssertSuccess();
        Assert.Equal(text, File.ReadAllText(Path.Combine(run, "plan.json")));
    }

    [Fact]
    public void Data_that_changed_since_the_plan_are_refused()
    {
        string run = Plan(2), other = _place.Data("changed", each: 31);
        Assert.Contains("other data", Gpumlp.Here("run", run, "--data", other, "--quiet").AssertOneLine(2));
        Assert.Equal(0, Workplace.UnitsIn(run));
    }

    [Fact]
    public void Units_and_shards_are_sized_by_the_speed_of_a_machine()
    {
        string[] Sized(string name, string gflops) =>
            ["plan", "--tasks", "4v9", "--hidden", "2..64+2", "--seeds", "0..9", "--gflops", gflops, "--unit-seconds", "10",
                "--task-minutes", "1", "--out", _place[name]];
        Gpumlp.Outcome slow = Gpumlp.Here(Sized("slow", "100")), fast = Gpumlp.Here(Sized("fast", "10000"));
        slow.AssertSuccess();
        fast.AssertSuccess();

        // 10 cohorts of 1,056 columns, 2.9 GFLOP a column: 31 TFLOP in all.
        Assert.Contains("320 models in 40 units, 6 shards", slow.Out);
        Assert.Contains("320 models in 10 units, 1 shards", fast.Out);
    }

    private static string UnitPath(string run, int id) => Path.Combine(run, "units", "000", $"unit-{id:D6}.parquet");

    private string Plan(int shards, string? run = null)
    {
        run ??= _place["run"];
        Gpumlp.Here(PlanArgs(run, shards)).AssertSuccess();
        return run;
    }

    /// <summary>As the undisturbed sweep, but for threads, which no plan has.</summary>
    private string[] PlanArgs(string run, int shards) => ["plan", .. undisturbed.Args(run).Skip(1), "--shards", $"{shards}"];

    /// <summary>Every file is the sweep's, pictures too, but for how many shards the plan has.</summary>
    private void AssertSame(string run) =>
        Assert.Equal(
            undisturbed.Files.Where(file => file.Key != "plan.json"), Workplace.FilesOf(run).Where(file => file.Key != "plan.json"));
}
