using System.Diagnostics;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class RunStatusTests
{
    private static readonly Plan s_plan = SampleRun.SlicedPlan;

    [Fact]
    public void Every_unit_is_done_running_failed_or_missing()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        Write(run, 0, 1, 2);
        File.WriteAllText(run.UnitPath(2), "torn");
        run.WriteError(s_plan.Units[3], new InvalidOperationException("two\nlines"));
        run.WriteError(s_plan.Units[1], new InvalidOperationException("done since"));
        using (var presence = new RunPresence(run, new Shard(1, 2), "12_1", new Deaf()))
        {
            presence.EpochDone(s_plan.Units[5], []);
            presence.EpochDone(s_plan.Units[7], []);
            presence.UnitDone(SampleRun.ResultOf(s_plan, s_plan.Units[7]));

            // A record that was written before the last word of unit 7 is followed by one after it.
            WaitUntil(() => RunStatus.Read(run).Running is [5]);

            RunStatus status = RunStatus.Read(run);
            Assert.Equal([0, 1], status.Done);
            Assert.Equal([5], status.Running);
            Assert.Equal((3, "two?lines"), (Assert.Single(status.Failed).Unit, status.Failed[0].Error));
            Assert.Equal([2, 4, .. Enumerable.Range(6, s_plan.Units.Count - 6)], status.Missing);
            Assert.Contains("torn", Assert.Single(status.Bad));
            ProcessRecord process = Assert.Single(status.Processes);
            Assert.Equal(("1/2", Environment.MachineName, "12_1"), (process.Shard, process.Host, process.Job));
            Assert.False(status.IsComplete);
        }

        Assert.Empty(RunStatus.Read(run).Processes);
        Assert.Equal("torn", File.ReadAllText(run.UnitPath(2)));
    }

    [Fact]
    public void Pace_comes_from_the_times_of_unit_files()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        Write(run, [.. Enumerable.Range(0, 5)]);
        DateTime start = DateTime.UtcNow.AddMinutes(-10);
        for (int id = 0; id < 5; id++)
        {
            File.SetLastWriteTimeUtc(run.UnitPath(id), start.AddSeconds(60 * id));
        }

        RunStatus status = RunStatus.Read(run);
        Assert.Equal(60, status.UnitsPerHour!.Value, 1e-3);
        Assert.Equal(1 / 60.0, status.ModelsPerSecond!.Value, 1e-6);
        Assert.Null(status.Left);
        using var presence = new RunPresence(run, Shard.Whole, null, new Deaf());
        WaitUntil(() => RunStatus.Read(run).Left is not null);

        // Sizes 4 and 2 in turns: the first four of those timed are 2, 4, 2, 4, and 11 more units hold 5 times 6 and a 2.
        // Preparing a unit takes some of its time, too.
        Assert.Equal(60 * 4 * (32.0 / 12), RunStatus.Read(run).Left!.Value.TotalSeconds, tolerance: 30);
    }

    [Fact]
    public void One_unit_alone_tells_no_pace()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        Assert.Null(RunStatus.Read(run).UnitsPerHour);
        Write(run, 0);
        Assert.Null(RunStatus.Read(run).UnitsPerHour);
    }

    [Fact]
    public void Records_of_silent_and_of_dead_processes_do_not_count()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        using var presence = new RunPresence(run, Shard.Whole, null, new Deaf());
        WaitUntil(() => RunStatus.Read(run).Processes.Count > 0);
        string living = Assert.Single(Directory.GetFiles(folder.File("running")));
        string dead = living.Replace($".{Environment.ProcessId}.", ".999999999.");
        File.Copy(living, dead);
        string silent = Path.Combine(folder.File("running"), "shard-3.0badcafe.1.00000000.json");
        File.Copy(living, silent);
        File.SetLastWriteTimeUtc(silent, DateTime.UtcNow.AddMinutes(-5));
        File.WriteAllText(Path.Combine(folder.File("running"), "shard-4.0badcafe.1.00000000.json"), "half");

        Assert.Single(RunStatus.Read(run).Processes);
        RunDirectory.OpenForWriting(folder.Path, clean: false);
        Assert.Equal([true, false, true], new[] { living, dead, silent }.Select(File.Exists));
    }

    // Asleep between looks: a look reads files, and what is waited for is written every fifteen seconds.
    private static void WaitUntil(Func<bool> happened)
    {
        for (long start = Stopwatch.GetTimestamp(); !happened() && Stopwatch.GetElapsedTime(start).TotalSeconds < 30;)
            Thread.Sleep(50);
    }

    private static void Write(RunDirectory run, params int[] ids)
    {
        foreach (int id in ids)
        {
            run.WriteUnit(SampleRun.ResultOf(s_plan, s_plan.Units[id]));
        }
    }

    private sealed class Deaf : ISweepObserver
    {
        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
        {
        }

        public void UnitDone(UnitResult result)
        {
        }
    }
}
