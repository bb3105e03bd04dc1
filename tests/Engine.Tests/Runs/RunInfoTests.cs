using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class RunInfoTests
{
    [Fact]
    public void Provenance_reads_back_and_knows_versions()
    {
        using TemporaryFolder folder = new();
        var gpu = new DeviceSelection(
            [new DeviceInfo(AcceleratorType.Cuda, 0, "H100", 1 << 30, 132, "535.1, CUDA 12.2", IsGpu: true, Skipped: null)],
            2,
            null);
        RunInfo info = RunInfo.Create(
            "gpumlp sweep --tasks '4v9'", gpu, "AVX2", DateTime.UtcNow.AddSeconds(-5),
            new Dictionary<string, double> { ["train"] = 4.5, ["merge"] = 0.25 }, 164, 1);
        info.Write(folder.File("run.json"));
        RunInfo back = RunInfo.Read(folder.File("run.json"));
        Assert.Equal(info.SecondsByPhase, back.SecondsByPhase);
        Assert.Equal(info, back with { SecondsByPhase = info.SecondsByPhase });
        Assert.Equal("0.2.0", info.Version);
        Assert.Equal(("cuda:0 H100", "535.1, CUDA 12.2", 2), (info.Device, info.Driver, info.Threads));
        Assert.StartsWith("1.5.3", info.IlgpuVersion);
        Assert.NotEmpty(info.CpuModel);
        string text = File.ReadAllText(folder.File("run.json"));
        Assert.Contains("\"seconds_by_phase\"", text);
        Assert.Contains("'4v9'", text);
    }
}
