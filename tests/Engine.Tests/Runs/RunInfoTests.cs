using GpuMlp.Engine.Runs;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class RunInfoTests
{
    [Fact]
    public void Provenance_reads_back_and_knows_versions()
    {
        using TemporaryFolder folder = new();
        RunInfo info = RunInfo.Create(
            "gpumlp sweep --tasks '4v9'", "cpu", 2, "AVX2", DateTime.UtcNow.AddSeconds(-5),
            new Dictionary<string, double> { ["train"] = 4.5, ["merge"] = 0.25 }, 164, 1);
        info.Write(folder.File("run.json"));
        RunInfo back = RunInfo.Read(folder.File("run.json"));
        Assert.Equal(info.SecondsByPhase, back.SecondsByPhase);
        Assert.Equal(info, back with { SecondsByPhase = info.SecondsByPhase });
        Assert.Equal("0.1.0", info.Version);
        Assert.StartsWith("1.5.3", info.IlgpuVersion);
        Assert.NotEmpty(info.CpuModel);
        string text = File.ReadAllText(folder.File("run.json"));
        Assert.Contains("\"seconds_by_phase\"", text);
        Assert.Contains("'4v9'", text);
    }
}
