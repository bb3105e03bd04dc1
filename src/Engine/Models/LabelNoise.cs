using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Models;

/// <summary>
/// Which images get the label of another class. The draw belongs to task, seed and image alone, so that an image which is noisy at a share
/// is noisy at every larger one, with the same label.
/// </summary>
internal static class LabelNoise
{
    private const double Draws = 1L << 32;

    /// <param name="share">0..1; every image is noisy with this probability, independently of others.</param>
    /// <param name="image">0-based number in the training file.</param>
    public static bool IsNoisy(ClassTask task, int seed, int image, double share) => Draw(task, seed, image).X < share * Draws;

    /// <summary>The label of another class: each of the others with the same probability, to 2^-32; of two the other one.</summary>
    /// <param name="label">The true one, 0 .. <paramref name="classes"/> - 1.</param>
    /// <param name="classes">Of the task, 2 or more.</param>
    public static byte Other(ClassTask task, int seed, int image, byte label, int classes)
    {
        var others = (uint)(classes - 1);
        uint further = 1 + (uint)(((ulong)Draw(task, seed, image).Y * others) >> 32);
        return (byte)((label + further) % (uint)classes);
    }

    private static PhiloxBlock Draw(ClassTask task, int seed, int image) =>
        Philox.Draw(new PhiloxBlock((uint)image, task.Identity, 0, 0), unchecked((uint)seed), RandomStreams.Labels);
}
