using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>Made-up images and models, the same ones every time.</summary>
internal static class Samples
{
    /// <summary>Bytes [N, D], four fifths of them 0 as in MNIST; some images and the first pixel are 0 throughout.</summary>
    public static byte[] Pixels(int images, int inputs, int seed)
    {
        var random = new System.Random(seed);
        var pixels = new byte[images * inputs];
        for (int i = 0; i < pixels.Length; i++)
        {
            bool empty = inputs > 2 && (i % inputs == 0 || i / inputs % 7 == 3);
            int kind = random.Next(10);
            int value = random.Next(1, 256);
            pixels[i] = empty || (kind < 8 && inputs > 2) ? (byte)0 : kind == 8 ? (byte)255 : (byte)value;
        }
        return pixels;
    }

    public static byte[] Labels(int images, int seed, int classes = 2)
    {
        var random = new System.Random(seed);
        return [.. Enumerable.Range(0, images).Select(_ => (byte)random.Next(classes))];
    }

    /// <summary>Weights of the size that trained models have, biases included.</summary>
    public static ModelParameters Model(int inputs, int hidden, int seed, int outputs = 1)
    {
        var random = new System.Random(seed);
        float[] Values(int count, double scale)
            => [.. Enumerable.Range(0, count).Select(_ => (float)(scale * ((2 * random.NextDouble()) - 1)))];
        double first = Math.Sqrt(3.0 / (1 + (0.2 * inputs))), second = Math.Sqrt(3.0 / hidden);
        return new ModelParameters(
            Values(inputs * hidden, first), Values(hidden, 0.2), Values(outputs * hidden, second), Values(outputs, 0.2));
    }

    /// <summary>Keeps each weight with a given chance.</summary>
    public static ModelMask Mask(int inputs, int hidden, double kept, int seed, int outputs = 1)
    {
        var random = new System.Random(seed);
        bool[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < kept)];
        return new ModelMask(Draw(inputs * hidden), Draw(outputs * hidden));
    }

    public static float[] Rates(int models, float first = 0.01f)
        => [.. Enumerable.Range(0, models).Select(m => first + (0.001f * (m % 7)))];
}

/// <summary>A cohort and its images: sizes only; the contents follow from them.</summary>
/// <param name="Learns">Whether models drop hidden units and weigh classes.</param>
/// <param name="Remembers">Whether models have every optimiser by turns; else plain gradient descent.</param>
internal sealed record Shape(
    int[] Hidden, int Inputs, int Images, int Batch, float WeightDecay = 0, bool IsMasked = false, bool Learns = false,
    bool Remembers = false)
{
    /// <summary>Of optimisers that have them.</summary>
    public const double Momentum = 0.9, Beta1 = 0.9, Beta2 = 0.999;

    private const uint DropoutSeed = 77;

    private static readonly float[] s_dropouts = [0.5f, 0f, 0.25f, 0.9f];

    private static readonly float[][] s_classWeights = [[1f, 3f], [2.5f, 0.4f], [], [0.3f, 0.2f], [1e-3f, 1e3f]];

    public byte[] Pixels => Samples.Pixels(Images, Inputs, seed: 1 + Images + Inputs);

    /// <summary>O: 1 for one logit, else one a class.</summary>
    public int Outputs { get; init; } = 1;

    public byte[] Labels => Samples.Labels(Images, seed: 2 + Images, Math.Max(2, Outputs));

    public ModelParameters[] Models => [.. Hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: (100 * m) + hidden, Outputs))];

    /// <summary>About a third of the weights is kept; the first model keeps none, as a pruning at 1 leaves it.</summary>
    public ModelMask[] Masks => [.. Hidden.Select((hidden, m) => Samples.Mask(Inputs, hidden, m == 0 ? 0 : 0.3, seed: m, Outputs))];

    /// <summary>One of the few that a quick look takes: small, wide, MNIST's inputs, several chunks, weight decay.</summary>
    public bool IsQuick { get; init; }

    /// <summary>As usual unless the shape <see cref="Learns"/>.</summary>
    public ModelLearning[] Learnings => [.. Hidden.Select((_, m) => Learns
        ? new ModelLearning(s_dropouts[m % s_dropouts.Length], ClassWeights(s_classWeights[m % s_classWeights.Length]))
        : ModelLearning.Usual)];

    /// <summary>How the models take their steps.</summary>
    public StepSettings[] Settings => [.. Hidden.Select((_, m) => OptimiserOf(m).Settings(Momentum, Beta1, Beta2))];

    public Optimiser OptimiserOf(int model) => Remembers ? Optimiser.All[model % Optimiser.All.Count] : Optimiser.Sgd;

    /// <summary>What the images are called in draws.</summary>
    public int[] Numbers => [.. Enumerable.Range(0, Images).Select(n => (7 * n) + 3)];

    /// <summary>What the models' draws belong to.</summary>
    public ModelOrigin Origin => new([.. Hidden.Select((hidden, m) => ((ulong)m << 33) | (uint)hidden)], DropoutSeed, InitStd: 0);

    /// <summary>What a model drops; null unless the shape <see cref="Learns"/>.</summary>
    public ReferenceDropout? DropoutOf(int model) => Learns ? new ReferenceDropout(Numbers, Origin.Identities[model], DropoutSeed) : null;

    /// <summary>Null unless the shape is masked.</summary>
    public ModelMask? MaskOf(int model) => IsMasked ? Masks[model] : null;

    public ChunkSchedule Schedule => ChunkSchedule.Consecutive(Images, Batch);

    public override string ToString()
        => $"H {string.Join('+', Hidden)}, D {Inputs}, N {Images}, B {Batch}, decay {WeightDecay}{Kind}"
            + (Outputs > 1 ? $", O {Outputs}" : "");

    /// <summary>What sets it apart from most: <c>, masked</c>; or nothing.</summary>
    public string Kind => (IsMasked ? ", masked" : "") + (Learns ? ", dropout" : "") + (Remembers ? ", optimisers" : "");

    /// <summary>
    /// Sizes around every boundary of the kernels: 8 and 16 lanes, tiles of 3, 6 and 8 vectors, bands of 64 pixels and
    /// images, chunks of 256 images, a GPU's segments of 512; more columns than inputs and fewer; full batches, short last ones, larger
    /// than N; with and without weight decay.
    /// </summary>
    public static Shape[] All { get; } =
    [
        new([1], 1, 1, 1),
        new([7, 8, 9], 7, 15, 15) { IsQuick = true },
        new([17, 1, 16, 31], 8, 16, 7),
        new([33], 9, 17, 16),
        new([8, 8], 17, 63, 64),
        new([1, 7, 8, 9, 17, 31, 33], 31, 64, 16),
        new([101], 33, 65, 65) { IsQuick = true },
        new([7, 101], 65, 255, 100),
        new([9, 1, 1], 101, 256, 1000),
        new([31, 17], 64, 257, 257),
        new([12, 2, 5], 128, 300, 64),
        new([4, 8, 20], 784, 65, 32) { IsQuick = true },
        new([1024], 33, 17, 17),
        new([3, 200], 13, 300, 299),
        new([.. Enumerable.Repeat(6, 43)], 16, 33, 33),
        new([150, 1], 1, 31, 8),
        new([5, 12], 20, 1100, 1100),
        new([3, 17], 17, 1300, 600) { IsQuick = true },
        new([7, 8, 9], 7, 15, 15, 0.5f),
        new([31, 17], 64, 257, 257, 0.2f),
        new([12, 2, 5], 128, 300, 64, 0.1f) { IsQuick = true },
        new([4, 8, 20], 101, 65, 32, 1f),
    ];

    /// <summary>
    /// Models with a logit a class, of two and more: sums of shares that are halved never and often, more outputs than hidden units,
    /// models that end within a vector, several chunks a batch, small batches, weight decay.
    /// </summary>
    public static Shape[] OfClasses { get; } =
    [
        new([1], 1, 5, 5) { Outputs = 2 },
        new([7, 8, 9], 7, 33, 15) { Outputs = 3, IsQuick = true },
        new([17, 1, 16, 31], 33, 65, 32) { Outputs = 10 },
        new([12, 2, 5], 64, 300, 299, 0.1f) { Outputs = 10, IsQuick = true },
        new([101, 20], 20, 600, 600) { Outputs = 4 },
        new([5], 16, 257, 128) { Outputs = 256 },
    ];

    /// <summary>Some of them with class weights and dropped units.</summary>
    public static Shape[] Learning { get; } =
    [
        .. All.Concat(OfClasses).Where(shape => shape is { Images: <= 300, Outputs: <= 10 })
            .Select(shape => shape with { Learns = true }),
    ];

    /// <summary>
    /// Every optimiser on full batches, several chunks of them, batches, and batches so small that a GPU takes an epoch of them at once;
    /// one logit and several, decay, dropped units.
    /// </summary>
    public static Shape[] Remembering { get; } =
    [
        new([5, 17, 8, 33, 1, 16, 9], 67, 257, 257, Remembers: true),
        new([7, 8, 9, 5, 3], 20, 300, 100, 0.1f, Remembers: true) { IsQuick = true },
        new([4, 8, 20, 2, 16, 3], 101, 65, 32, 0.01f, Remembers: true) { IsQuick = true },
        new([12, 2, 5, 16, 17], 64, 150, 64, 0.01f, Remembers: true) { Outputs = 10, IsQuick = true },
        new([7, 8, 9, 17, 33, 4], 31, 96, 32, 0.01f, Learns: true, Remembers: true),
    ];

    // One a class, of the two kinds by turns.
    private float[] ClassWeights(float[] kinds) => kinds.Length == 0 ? []
        : [.. Enumerable.Range(0, Math.Max(2, Outputs)).Select(label => kinds[label % 2] * (1 + (label / 2 * 0.25f)))];
}
