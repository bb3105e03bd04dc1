namespace GpuMlp.Engine.Models;

/// <summary>
/// The images of one task and seed: 0-based image numbers in the training file, in the order in which they are used
/// (batches are consecutive blocks of <see cref="Train"/>).
/// </summary>
public sealed record Split(ClassTask Task, int Seed, int[] Train, int[] Validation)
{
    /// <summary>Those of <see cref="Train"/>, in its order, that are trained with another label than their own.</summary>
    public int[] Noisy { get; init; } = [];

    /// <summary>The labels that these are trained with.</summary>
    public int[] NoisyLabels { get; init; } = [];

    /// <summary>Turns true labels of the training images, one each in their order, into those that are trained.</summary>
    internal void Relabel(byte[] labels)
    {
        for (int n = 0, noisy = 0; noisy < Noisy.Length; n++)
        {
            if (Train[n] == Noisy[noisy])
                labels[n] = (byte)NoisyLabels[noisy++];
        }
    }
}
