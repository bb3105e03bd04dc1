using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary><c>gpumlp bench</c> as a whole command, on sizes that take a second.</summary>
[Trait("Size", "large")]
public sealed class BenchCommandTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Quick_leaves_table_samples_and_plots()
    {
        Gpumlp.Outcome bench = Gpumlp.Run(
            "bench", "--quick", "--hidden", "3", "--models", "2", "--batch", "20", "--sparsity", "0,0.9", "--masks", "magnitude",
            "--out", _place["bench"]);
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
    public void A_pruned_model_that_was_exported_serves_as_a_mask()
    {
        Gpumlp.Here(
            "sweep", "--tasks", "4v9", "--seeds", "0", "--hidden", "3", "--lr", "0.03", "--epochs", "1",
            "--sparsity", "none", "--corruption", "none", "--embedding", "none", "--saliency", "0", "--quiet",
            "--out", _place["run"]).AssertSuccess();
        Gpumlp.Here("export", _place["run"], "--sparsity", "0.8,0.95", "--out", _place["models"]).AssertSuccess();
        string[] masks = [.. Directory.GetFiles(_place["models"], "*.safetensors").Order(StringComparer.Ordinal)];
        Assert.Equal(["4v9-s0-h3-lr0.03-layer0.8.safetensors", "4v9-s0-h3-lr0.03-layer0.95.safetensors"], masks.Select(Path.GetFileName));

        Gpumlp.Outcome bench = Gpumlp.Here(
            "bench",
            "--quick",
            "--mask",
            string.Join(',', masks),
            "--models",
            "2",
            "--batch",
            "20",
            "--out",
            _place["bench"]);
        bench.AssertSuccess();

        // 1,881 of 2,352 and 2 of 3 weights, 2,234 and 2 of them: whole weights go.
        string[] rows = File.ReadAllLines(Path.Combine(_place["bench"], "bench.csv"));
        Assert.Contains(rows, row => row.StartsWith("cpu,forward,weight-sparse,file,0.799575,3,2,20,", StringComparison.Ordinal));
        Assert.Contains(rows, row => row.StartsWith("cpu,forward,weight-sparse,file,0.949469,3,2,20,", StringComparison.Ordinal));
        Assert.Contains("file masks at 0.9495", bench.Out);
        Assert.Contains(Path.GetFileName(masks[0]), File.ReadAllText(Path.Combine(_place["bench"], "bench.json")));
        foreach (string plot in (string[])["breakeven-cpu.png", "roofline-cpu.png"])
            Assert.NotEmpty(PngDecoder.Decode(File.ReadAllBytes(Path.Combine(_place["bench"], plot))));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_told_before_anything_is_measured()
    {
        File.WriteAllText(_place["file"], "");
        Assert.Contains(_place["file"], Gpumlp.Here("bench", "--quick", "--out", _place["file"]).AssertOneLine(2));
    }

    [Fact]
    public void A_device_that_is_not_there_has_an_exit_code_of_its_own() =>
        Assert.Contains("--device", Gpumlp.Here("bench", "--device", "cuda:7", "--out", _place["bench"]).AssertOneLine(70));
}
