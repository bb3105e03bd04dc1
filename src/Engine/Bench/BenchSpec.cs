using System.Globalization;

namespace GpuMlp.Engine.Bench;

/// <summary>What is measured.</summary>
public enum BenchOp
{
    /// <summary>Logits of all images: hidden product, relu, output.</summary>
    Forward,

    /// <summary>The gradient of all parameters from Z on: loss, d2, dw2, d1, dW1.</summary>
    Backward,

    /// <summary>dp/dx of every image, the forward pass included.</summary>
    Saliency,
}

/// <summary>How it is computed.</summary>
public enum BenchForm
{
    /// <summary>Nothing is skipped: what the others are compared with.</summary>
    Dense,

    /// <summary>Nothing is skipped, weights under a mask stay 0.</summary>
    Masked,

    /// <summary>Pruned weights are skipped.</summary>
    WeightSparse,

    /// <summary>Zero pixels are skipped.</summary>
    InputSparse,

    /// <summary>The sparse multiplier of ILGPU.Algorithms: the hidden product alone, pruned weights skipped.</summary>
    Outside,
}

/// <summary>Which weights are pruned.</summary>
public enum BenchMasks
{
    /// <summary>The smallest magnitudes of each layer of trained models.</summary>
    Magnitude,

    /// <summary>Weights drawn at random.</summary>
    Uniform,

    /// <summary>The weights that are 0 in a file of the user's.</summary>
    File,
}

/// <summary>A sweep of measurements: every combination of the lists.</summary>
/// <param name="Sparsity">Shares of pruned weights, 0..1.</param>
/// <param name="Hidden">H; all models of a launch have the same.</param>
/// <param name="Models">Models a launch.</param>
/// <param name="Batch">Images a launch.</param>
/// <param name="Epochs">Epochs that the models are trained before they are pruned.</param>
/// <param name="MeasureMs">Time that goes into the samples of one form, besides the warm-up.</param>
/// <param name="LongestMs">A form whose single call is expected to take longer is left out, and that is told.</param>
public sealed record BenchSpec(
    IReadOnlyList<BenchOp> Ops,
    IReadOnlyList<BenchForm> Forms,
    IReadOnlyList<BenchMasks> Masks,
    IReadOnlyList<double> Sparsity,
    IReadOnlyList<int> Hidden,
    IReadOnlyList<int> Models,
    IReadOnlyList<int> Batch,
    int Epochs,
    double MeasureMs,
    double LongestMs)
{
    /// <summary>
    /// Masks of the user's. Where there are any, each of them is a level, and masks, levels and hidden sizes are theirs alone.
    /// </summary>
    public IReadOnlyList<MaskFile> Files { get; private init; } = [];

    /// <summary>The whole sweep: about a quarter of an hour on two cores.</summary>
    public static BenchSpec Full { get; } = new(
        Enum.GetValues<BenchOp>(),
        Enum.GetValues<BenchForm>(),
        [BenchMasks.Magnitude, BenchMasks.Uniform],
        [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99],
        [8, 24, 64],
        [1, 10, 100, 1000],
        [32, 256],
        Epochs: 100,
        MeasureMs: 40,
        LongestMs: 500);

    /// <summary>The same questions at one size, within a minute on two cores.</summary>
    public static BenchSpec Quick { get; } = Full with
    {
        Sparsity = [0, 0.5, 0.8, 0.95, 0.99],
        Hidden = [24],
        Models = [1, 100],
        Batch = [128],
        Epochs = 30,
        MeasureMs = 15,
        LongestMs = 250,
    };

    /// <summary>The same for masks of the user's.</summary>
    /// <param name="files">At least one.</param>
    public BenchSpec With(IReadOnlyList<MaskFile> files) => this with
    {
        Files = files,
        Masks = [BenchMasks.File],
        Sparsity = [.. files.Select(file => file.Sparsity).Distinct().Order()],
        Hidden = [.. files.Select(file => file.Hidden).Distinct().Order()],
    };
}

/// <summary>One measurement.</summary>
public readonly record struct BenchCase(BenchOp Op, BenchForm Form, BenchMasks Masks, double Sparsity, int Hidden, int Models, int Batch)
{
    /// <summary>The same but for the level: its rows make one curve.</summary>
    public BenchCase Curve => this with { Sparsity = 0 };

    /// <summary>For messages: <c>forward weight-sparse, magnitude masks at 0.95, 100 models of 24 hidden units, 256 images</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{BenchNames.Of(Op)} {BenchNames.Of(Form)}, {BenchNames.Of(Masks)} masks at {Sparsity:R}, "
            + $"{Models} models of {Hidden} hidden units, {Batch} images");
}
