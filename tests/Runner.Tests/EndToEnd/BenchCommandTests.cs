using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary><c>gpumlp bench</c> as a process, on sizes that take a second.</summary>
public sealed class BenchCommandTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Quick_leaves_table_samples_and_plots()
    {
        Gpumlp.Outcome bench = Gpumlp.Run(
            "bench", "--quick", "--hidden", "3", "--models", "2", "--batch", "20", "--sparsity", "0,0.9", "--masks", "magnitude", "--out", _place["bench"]);
        bench.AssertSuccess();
        Assert.Contains("2 models of 3 hidden units, 20 images", bench.Out);
        string[] rows = File.ReadAllLines(Path.Combine(_place["bench"], "bench.csv"));
        Assert.StartsWith("device,op,form,masks,sparsity,", rows[0]);
        Assert.Contains(rows, row => row.StartsWith("cpu,forward,outside,magnitude,0.9,3,2,20,", StringComparison.Ordinal));
        Assert.Contains("\"samples_ms\"", File.ReadAllText(Path.Combine(_place["bench"], "bench.json")));
        foreach (string plot in (string[])["breakeven-cpu.png", "roofline-cpu.png"])
            Assert.NotEmpty(PngDecoder.Decode(File.ReadAllBytes(Path.Combine(_place["bench"], plot))));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_told_before_anything_is_measured()
    {
        File.WriteAllText(_place["file"], "");
        Assert.Contains(_place["file"], Gpumlp.Run("bench", "--quick", "--out", _place["file"]).AssertOneLine(2));
    }

    [Fact]
    public void A_device_that_is_not_there_has_an_exit_code_of_its_own() =>
        Assert.Contains("--device", Gpumlp.Run("bench", "--device", "cuda:7", "--out", _place["bench"]).AssertOneLine(70));
}
