using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>How a model learns from its images, besides the rate and the optimiser.</summary>
/// <param name="Dropout">
/// Probability 0 .. <see cref="MostDropout"/> with which a hidden unit is left out of an image's training step.
/// </param>
/// <param name="ClassWeights">What loss and gradient of an image of each class count, above 0; empty for 1 each.</param>
public sealed record ModelLearning(float Dropout, IReadOnlyList<float> ClassWeights)
{
    /// <summary>What is left of a unit is divided by 1 - p, and logits have room for a factor of ten.</summary>
    public const float MostDropout = 0.9f;

    /// <summary>Class weights lie in this range, which leaves gradients far from the ends of float32's.</summary>
    public const float LeastWeight = 1e-6f, MostWeight = 1e6f;

    /// <summary>No unit is left out and all classes count alike.</summary>
    public static ModelLearning Usual { get; } = new(0f, []);

    /// <summary>What the units that are kept are multiplied by.</summary>
    internal float DropoutScale => (float)(1 / (1 - (double)Dropout));

    /// <summary>A unit is left out where its random word is below this.</summary>
    internal uint DropoutThreshold => (uint)Math.Round(Dropout * 4294967296.0);

    /// <summary>
    /// W: the least power of two that no class weight exceeds. Weights over W are at most 1, so that q keeps its 24 bits, and gradients are
    /// multiplied by W, which is exact.
    /// </summary>
    internal float ClassFactor
    {
        get
        {
            float power = 1f, largest = ClassWeights.DefaultIfEmpty(1f).Max();
            while (power < largest)
                power *= 2f;
            while (power / 2 >= largest)
                power /= 2f;
            return power;
        }
    }

    /// <summary>w / W of a class.</summary>
    internal float ClassScale(int label) => ClassWeights.Count == 0 ? 1f : ClassWeights[label] / ClassFactor;

    /// <exception cref="ArgumentException">
    /// A probability or a weight out of range, or another number of weights than of classes.
    /// </exception>
    internal void Check(int classes)
    {
        if (!(Dropout is >= 0 and <= MostDropout))
            throw new ArgumentException($"a dropout of {Dropout}; must be 0..{MostDropout}", nameof(classes));
        if (ClassWeights.Count != 0 && ClassWeights.Count != classes)
            throw new ArgumentException($"{ClassWeights.Count} class weights for {classes} classes", nameof(classes));
        foreach (float weight in ClassWeights)
        {
            if (!(weight is >= LeastWeight and <= MostWeight))
                throw new ArgumentException($"a class weight of {weight}; must be {LeastWeight}..{MostWeight}", nameof(classes));
        }
    }
}

/// <summary>The random numbers of a dropout, on a GPU or off it.</summary>
internal static class DropoutDraw
{
    // Hidden units have at most 256 groups of four: the epoch stands above them.
    private const int QuadBits = 8;

    /// <summary>Most epochs.</summary>
    public const int MostEpochs = 1 << (32 - QuadBits);

    /// <summary>
    /// Four random words: of units 4 quad to 4 quad + 3 of a model on an image in an epoch. What they belong to is all that decides them.
    /// </summary>
    /// <param name="image">Its number in the data.</param>
    /// <param name="epoch">From 0.</param>
    /// <param name="high">Of the model's identity, then its low word.</param>
    public static PhiloxBlock Of(uint image, int epoch, int quad, uint high, uint low, uint seed) =>
        Philox.Draw(new PhiloxBlock(image, ((uint)epoch << QuadBits) | (uint)quad, high, low), seed, RandomStreams.Dropout);

    /// <summary>The word of one unit.</summary>
    public static uint Word(PhiloxBlock bits, int unit)
    {
        int word = unit % 4;
        return word == 0 ? bits.X : word == 1 ? bits.Y : word == 2 ? bits.Z : bits.W;
    }
}
