using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class RunDirectoryTests
{
    private static readonly Plan s_plan = SampleRun.Plan;

    [Fact]
    public void A_run_is_created_and_then_resumed()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("new/deep/run");
        RunDirectory run = RunDirectory.OpenOrCreate(path, s_plan);
        byte[] planText = File.ReadAllBytes(run.PlanPath);
        run.WriteUnit(SampleRun.ResultOf(s_plan, s_plan.Units[2]));
        Assert.EndsWith("units/000/unit-000002.parquet", run.UnitPath(2).Replace('\\', '/'));
        Assert.Equal([2], RunDirectory.OpenOrCreate(path, s_plan).FinishedUnits());
        Assert.Equal([2], RunDirectory.Open(path).FinishedUnits());
        Assert.Equal(planText, File.ReadAllBytes(run.PlanPath));
    }

    [Fact]
    public void A_run_of_another_plan_is_refused_with_the_difference()
    {
        using TemporaryFolder folder = new();
        RunDirectory.OpenOrCreate(folder.Path, s_plan);
        Plan other = Plan.Create(SampleRun.Spec with { Epochs = [50] }, SampleRun.DataHash, SampleRun.Inputs, (_, _) => new(20));
        UserErrorException e = Assert.Throws<UserErrorException>(() => RunDirectory.OpenOrCreate(folder.Path, other));
        Assert.EndsWith("was made by another plan: epochs 3 -> 50; use another --out or the old flags", e.Message);
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
    }

    [Fact]
    public void A_folder_with_other_things_in_it_is_refused_untouched()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("thesis.txt"), "");
        UserErrorException e = Assert.Throws<UserErrorException>(() => RunDirectory.OpenOrCreate(folder.Path, s_plan));
        Assert.Contains("thesis.txt", e.Message);
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.Path));
        Assert.Throws<UserErrorException>(() => RunDirectory.Open(folder.Path));
    }

    [Fact]
    public void A_file_where_a_folder_should_be_is_exit_2_in_one_line()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("run"), "");
        foreach (string path in new[] { folder.File("run"), folder.File("run/inside") })
        {
            UserErrorException e = Assert.Throws<UserErrorException>(() => RunDirectory.OpenOrCreate(path, s_plan));
            Assert.StartsWith(path, e.Message);
            Assert.Equal(ExitCodes.BadInput, e.ExitCode);
            Assert.DoesNotContain('\n', e.Message);
        }
    }

    [Fact]
    public void A_name_too_long_is_exit_2_in_one_line()
    {
        using TemporaryFolder folder = new();
        UserErrorException e = Assert.Throws<UserErrorException>(
            () => RunDirectory.OpenOrCreate(folder.File(new string('x', 300)), s_plan));
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
    }

    [Fact]
    public void Torn_and_foreign_units_are_set_aside_and_count_as_not_done()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        foreach (WorkUnit unit in s_plan.Units)
        {
            run.WriteUnit(SampleRun.ResultOf(s_plan, unit));
        }

        byte[] whole = File.ReadAllBytes(run.UnitPath(0));
        File.WriteAllBytes(run.UnitPath(0), whole[..(whole.Length / 2)]);
        File.Copy(run.UnitPath(2), run.UnitPath(1), overwrite: true);
        UnitFile.Write(run.UnitPath(3), SampleRun.ResultOf(s_plan, s_plan.Units[3]), "another plan");
        File.WriteAllBytes(run.UnitPath(77), whole);

        Assert.Equal([2], run.FinishedUnits(out IReadOnlyList<string> setAside));
        Assert.Equal(4, setAside.Count);
        Assert.Contains("torn", setAside[0]);
        Assert.Contains("another unit", setAside[1]);
        Assert.Contains("another plan", setAside[2]);
        Assert.True(File.Exists($"{run.UnitPath(0)}.bad"));
        Assert.False(File.Exists(run.UnitPath(0)));
        Assert.Equal([2], run.FinishedUnits(out setAside));
        Assert.Empty(setAside);
    }

    [Fact]
    public void Units_are_not_set_aside_when_the_plan_is_the_stranger()
    {
        using TemporaryFolder folder = new();
        Plan other = Plan.Create(SampleRun.Spec with { Epochs = [4] }, SampleRun.DataHash, SampleRun.Inputs, (_, _) => new(20));
        RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), s_plan), strange = RunDirectory.OpenOrCreate(
            folder.File("other"),
            other);
        foreach (WorkUnit unit in s_plan.Units)
        {
            run.WriteUnit(SampleRun.ResultOf(s_plan, unit));
        }

        // A damaged one is no reason to touch the others.
        File.WriteAllText(run.UnitPath(1), "torn");
        byte[] plan = File.ReadAllBytes(run.PlanPath);
        File.Copy(strange.PlanPath, run.PlanPath, overwrite: true);
        string[] files = [.. run.UnitFiles()];
        foreach (Shard shard in new[] { Shard.Whole, new Shard(1, 2) })
        {
            UserErrorException error = Assert.Throws<UserErrorException>(() => RunDirectory.Open(run.Path).FinishedUnits(shard, out _));
            Assert.Equal(ExitCodes.BadInput, error.ExitCode);
            Assert.Contains($"plan.json: this is plan {other.Hash[..12]}", error.Message);
            Assert.Contains($"made by plan {s_plan.Hash[..12]}", error.Message);
        }

        Assert.Equal(files, Directory.GetFiles(Path.Combine(run.Path, "units", "000")).Order(StringComparer.Ordinal));
        File.WriteAllBytes(run.PlanPath, plan);
        Assert.Equal([0, 2, 3], RunDirectory.Open(run.Path).FinishedUnits().Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Units_that_were_set_aside_and_are_right_again_are_taken_back(int shards)
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        foreach (WorkUnit unit in s_plan.Units)
        {
            run.WriteUnit(SampleRun.ResultOf(s_plan, unit));
            File.Move(run.UnitPath(unit.Id), run.UnitPath(unit.Id) + ".bad");
        }

        // One is not right, and one was done again meanwhile.
        File.WriteAllText(run.UnitPath(0) + ".bad", "torn");
        File.Copy(run.UnitPath(2) + ".bad", run.UnitPath(2));
        List<int> finished = [];
        List<string> told = [];
        for (int shard = 0; shard < shards; shard++)
        {
            finished.AddRange(run.FinishedUnits(new Shard(shard, shards), out IReadOnlyList<string> lines));
            told.AddRange(lines);
        }

        Assert.Equal([1, 2, 3], finished.Order());
        Assert.Equal(
            [run.UnitPath(1), run.UnitPath(3)],
            told.Order(StringComparer.Ordinal).Select(line => line.Replace(".bad: right for this plan; taken back", "")));
        Assert.True(File.Exists(run.UnitPath(0) + ".bad"));
        Assert.True(File.Exists(run.UnitPath(2) + ".bad"));
    }

    [Theory]
    [InlineData("units")]
    [InlineData("units/000")]
    [InlineData("weights")]
    [InlineData("split")]
    [InlineData("plots")]
    [InlineData("saliency")]
    [InlineData("errors")]
    [InlineData("running")]
    [InlineData("trained")]
    public void A_folder_of_a_run_that_is_a_link_is_refused_when_writing_and_the_run_itself_may_be_one(string name)
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), s_plan);
        run.WriteUnit(SampleRun.ResultOf(s_plan, s_plan.Units[0]));
        Directory.CreateSymbolicLink(folder.File("link"), run.Path);
        Assert.Equal([0], RunDirectory.OpenForWriting(folder.File("link"), clean: true).FinishedUnits());

        string inside = run.TablePath(name), outside = folder.File("outside");
        Directory.CreateDirectory(inside);
        Directory.Move(inside, outside);
        Directory.CreateSymbolicLink(inside, outside);
        foreach (Action write in new Action[]
        {
            () => RunDirectory.OpenOrCreate(run.Path, s_plan), () => RunDirectory.OpenForWriting(run.Path, clean: false), () => run
                .OwnFolder(name),
        })
        {
            UserErrorException error = Assert.Throws<UserErrorException>(write);
            Assert.Equal(ExitCodes.BadInput, error.ExitCode);
            Assert.StartsWith($"{inside}: a link", error.Message);
        }

        Assert.Single(RunStatus.Read(RunDirectory.Open(run.Path)).Done);
    }

    [Fact]
    public void A_unit_cut_off_anywhere_is_not_finished()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        run.WriteUnit(SampleRun.ResultOf(s_plan, s_plan.Units[0]));
        byte[] whole = File.ReadAllBytes(run.UnitPath(0));
        for (int length = 0; length < whole.Length; length += 97)
        {
            File.WriteAllBytes(run.UnitPath(0), whole[..length]);
            Assert.Empty(run.FinishedUnits());
        }
    }

    [Fact]
    public void Temporary_files_of_the_dead_are_removed_and_those_of_the_living_stay()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.Path, s_plan);
        run.WriteUnit(SampleRun.ResultOf(s_plan, s_plan.Units[0]));
        string units = Path.GetDirectoryName(run.UnitPath(0))!;
        string living = Path.Combine(units, AtomicFile.TemporaryName("unit-000001.parquet"));
        string dead = Path.Combine(
            units,
            AtomicFile.TemporaryName("unit-000002.parquet").Replace($".{Environment.ProcessId}.", ".999999999."));
        string old = folder.File(".results.csv.0badcafe.1.00000000.tmp");
        string fresh = folder.File(".results.csv.0badcafe.1.11111111.tmp");
        string users = folder.File(".mine.tmp");
        foreach (string path in new[] { living, dead, old, fresh, users })
        {
            File.WriteAllText(path, "");
        }

        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        File.SetLastWriteTimeUtc(users, DateTime.UtcNow.AddHours(-2));
        RunDirectory.OpenOrCreate(folder.Path, s_plan);
        Assert.Equal([true, false, false, true, true], new[] { living, dead, old, fresh, users }.Select(File.Exists));
        Assert.Equal([0], run.FinishedUnits());
    }

    [Fact]
    public void Many_writers_of_one_run_do_no_harm()
    {
        using TemporaryFolder folder = new();
        Parallel.For(0, 8, _ =>
        {
            RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), s_plan);
            foreach (WorkUnit unit in s_plan.Units)
            {
                run.WriteUnit(SampleRun.ResultOf(s_plan, unit));
            }

            Assert.Empty(RunMerger.Merge(run));
        });
        RunDirectory merged = RunDirectory.Open(folder.File("run"));
        Assert.Equal(s_plan.Units.Count, merged.FinishedUnits(out IReadOnlyList<string> setAside).Count);
        Assert.Empty(setAside);
        Assert.DoesNotContain(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories), AtomicFile.IsTemporary);
    }
}
