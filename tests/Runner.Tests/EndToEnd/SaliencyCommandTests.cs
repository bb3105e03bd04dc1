using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>Pictures of chosen models and images of a finished run.</summary>
[Trait("Size", "large")]
public sealed class SaliencyCommandTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Any_model_image_and_method_of_a_run_can_be_drawn_and_the_bytes_are_the_same_each_time()
    {
        Sweep();
        string[] weights = Directory.GetFiles(Path.Combine(_place["run"], "weights"));
        foreach (string method in new[] { "gradient", "input-gradient", "smoothgrad", "integrated", "perturbation" })
        {
            string[] flags = [
                "--task", "0v1", "--seed", "1", "--hidden", "2,3", "--lr", "0.1", "--image", "0,5", "--method", method,
                "--sparsity", "0.5,0.95", "--pruning", "global"];
            Draw(_place["a.png"], flags).AssertSuccess();
            Draw(_place["b.png"], flags).AssertSuccess();
            PngDecoder.Decode(File.ReadAllBytes(_place["a.png"]));
            Assert.Equal(File.ReadAllBytes(_place["a.png"]), File.ReadAllBytes(_place["b.png"]));
        }

        Draw(_place["average.png"], "--image", "average", "--sparsity", "none").AssertSuccess();
        PngDecoder.Decode(File.ReadAllBytes(_place["average.png"]));
        Gpumlp.Outcome outcome = Gpumlp.Here("saliency", _place["run"]);
        outcome.AssertSuccess();
        Assert.True(
            File.Exists(Path.Combine(_place["run"], "saliency", "0v1-s0-h3-lr0.1-examples-gradient-layer-0.95.png")),
            outcome.Error);
        Assert.Equal(weights, Directory.GetFiles(Path.Combine(_place["run"], "weights")));
    }

    [Fact]
    public void What_a_run_does_not_have_is_told_in_one_line()
    {
        Sweep();
        foreach ((string flag, string value, string right) in new[]
        {
            ("--task", "0v2", "0v1"), ("--task", "zero", "4v9"), ("--seed", "7", "0, 1"), ("--hidden", "5", "2, 3"),
            ("--lr", "0.2", "0.1"), ("--lr", "x", "0.03"),
            ("--variant", "1", "0"), ("--image", "999999", "0.."), ("--method", "gradients", "integrated"),
            ("--pruning", "layers", "layer"), ("--sparsity", "2", "0..1"),
        })
        {
            string line = Draw(_place["x.png"], flag, value).AssertOneLine(2);
            Assert.Contains(flag, line);
            Assert.Contains(right, line);
        }

        Assert.False(File.Exists(_place["x.png"]));
        Assert.Contains("plan.json", Gpumlp.Here("saliency", _place["nothing"]).AssertOneLine(2));
        Directory.Delete(Path.Combine(_place["run"], "weights"), recursive: true);
        Assert.Contains("gpumlp merge", Draw(_place["x.png"]).AssertOneLine(3));
    }

    private void Sweep() => Gpumlp.Here(
        "sweep", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2,3", "--seeds", "0,1", "--lr", "0.1", "--epochs", "5",
        "--sparsity", "0.5", "--saliency", "0",
        "--corruption", "none", "--similarity", "none", "--out", _place["run"]).AssertSuccess();

    private Gpumlp.Outcome Draw(string file, params string[] flags) => Gpumlp.Here(["saliency", _place["run"], "--out", file, .. flags]);
}
