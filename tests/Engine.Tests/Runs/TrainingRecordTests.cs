using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Engine.Tests.Runs;

/// <summary>run.json tells who trained what, whoever wrote it last.</summary>
public sealed class TrainingRecordTests : IDisposable
{
    private static readonly DateTime s_start = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private readonly TemporaryFolder _folder = new();
    private readonly RunDirectory _run;

    public TrainingRecordTests()
    {
        _run = RunDirectory.OpenOrCreate(_folder.File("run"), SampleRun.Plan);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_merge_of_shards_knows_the_devices_units_and_times_of_all_of_them()
    {
        TrainingRecords.Write(_run, Record("node b", 1, "cuda:0 H100", units: 3, train: 7.5));
        TrainingRecords.Write(_run, Record("node a", 0, "cpu", units: 1, train: 2));
        Assert.False(TrainingRecords.AreFolded(_run));
        TrainingRecords.Fold(_run, Info(9, null, ("merge", 0.5)), trained: false);

        RunInfo info = RunInfo.Of(_run)!;
        Assert.Equal("cpu, cuda:0 H100", info.Device);
        Assert.Equal(["merge"], info.SecondsByPhase.Keys);
        Assert.Equal(
            [("node a", "cpu", 1, 2.0), ("node b", "cuda:0 H100", 3, 7.5)],
            info.Trained!.Select(record => (record.Host, record.Device, record.Units!.Value, record.SecondsByPhase["train"])));
        Assert.Equal(_run.Plan.Hash, info.PlanHash);
        Assert.True(TrainingRecords.AreFolded(_run));
        Assert.False(Directory.Exists(_run.TablePath("trained")));
    }

    [Fact]
    public void A_merge_of_a_finished_sweep_keeps_its_device_and_times_and_adds_its_own()
    {
        TrainingRecords.Write(_run, Record(Environment.MachineName, 0, "cpu", units: 4, train: 30));
        TrainingRecords.Fold(_run, Info(0, "cpu", ("train", 30), ("merge", 1)), trained: true);
        TrainingRecords.Fold(_run, Info(5, null, ("merge", 2), ("table", 0.25)), trained: false);

        RunInfo info = RunInfo.Of(_run)!;
        Assert.Equal(("cpu", s_start, "command 0"), (info.Device, info.StartedUtc, info.CommandLine));
        Assert.Equal(
            [("merge", 2.0), ("table", 0.25), ("train", 30.0)],
            info.SecondsByPhase.Select(phase => (phase.Key, phase.Value)).Order());
        Assert.Equal(4, Assert.Single(info.Trained!).Units);
    }

    [Theory]
    [InlineData("another plan")]
    [InlineData(null)]
    [InlineData("damaged")]
    public void A_run_json_or_record_that_is_no_good_is_refused_by_readers_and_replaced_by_a_merge(string? fault)
    {
        string stray = Path.Combine(_run.TablePath("trained"), "process.x.1.json");
        Directory.CreateDirectory(Path.GetDirectoryName(stray)!);
        if (fault == "damaged")
        {
            File.WriteAllText(_run.RunInfoPath, "{");
        }
        else
        {
            (Info(0, "cuda:0", ("train", 3)) with { PlanHash = fault }).Write(_run.RunInfoPath);
        }

        File.Copy(_run.RunInfoPath, stray);

        Assert.Contains("run.json", Assert.Throws<UserErrorException>(() => RunInfo.Of(_run)).Message);
        TrainingRecords.Fold(_run, Info(6, null, ("merge", 1)), trained: false);
        RunInfo info = RunInfo.Of(_run)!;
        Assert.Null(info.Device);
        Assert.Empty(info.Trained!);
    }

    private static RunInfo Record(string host, int hours, string device, int units, double train) =>
        Info(hours, device, ("train", train)) with { Host = host, Units = units, PlanHash = SampleRun.Plan.Hash };

    private static RunInfo Info(int hours, string? device, params (string Phase, double Seconds)[] phases)
    {
        Dictionary<string, double> seconds = phases.ToDictionary(phase => phase.Phase, phase => phase.Seconds);
        RunInfo info = RunInfo.Create(
            $"command {hours}",
            DeviceSelection.Cpu(2),
            "256 bit",
            s_start.AddHours(hours),
            seconds,
            modelsOk: 1,
            modelsFailed: 0);
        return info with { Device = device };
    }
}
