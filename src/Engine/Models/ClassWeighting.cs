using System.Globalization;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Models;

/// <summary>
/// What loss and gradient of a training image count, by its class: <c>none</c>, 1 each; <c>balanced</c>, N / (K N_y) for class y with N_y
/// of the N training images, as scikit-learn has it, so that each class counts alike; or numbers as they are, <c>1:3</c>, one a class in
/// the task's order. Two that are written alike are equal.
/// </summary>
public sealed class ClassWeighting : IEquatable<ClassWeighting>
{
    private const string Separator = ":";

    private readonly float[] _weights;

    private ClassWeighting(string name, params float[] weights) => (Name, _weights) = (name, weights);

    /// <summary>All images count alike.</summary>
    public static ClassWeighting None { get; } = new("none");

    /// <summary>All classes count alike.</summary>
    public static ClassWeighting Balanced { get; } = new("balanced");

    /// <summary>What can be written, for messages and help.</summary>
    public static string Forms => FormattableString.Invariant(
        $"none, balanced or a number {ModelLearning.LeastWeight:R}..{ModelLearning.MostWeight:R} a class as in 1:3");

    /// <summary>As in flags, files and tables.</summary>
    public string Name { get; }

    /// <summary>Classes that it has a number for; null where it goes with any.</summary>
    public int? Classes => _weights.Length == 0 ? null : _weights.Length;

    /// <summary>Reads what <see cref="Name"/> writes; false for anything else.</summary>
    public static bool TryParse(string text, out ClassWeighting weighting)
    {
        weighting = text == Balanced.Name ? Balanced : None;
        if (text == weighting.Name)
            return true;
        string[] parts = text.Split(Separator);
        var weights = new float[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!float.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out weights[i])
                || weights[i] is not (>= ModelLearning.LeastWeight and <= ModelLearning.MostWeight))
            {
                return false;
            }
        }

        if (weights.Length < 2)
            return false;
        string name = string.Join(Separator, weights.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture)));
        weighting = new ClassWeighting(name.Replace('E', 'e'), weights);
        return true;
    }

    /// <summary>The weights of each class; empty for 1 each.</summary>
    /// <param name="labels">Of the training images, as they are trained; every class is among them.</param>
    /// <param name="classes">K.</param>
    public float[] Of(ReadOnlySpan<byte> labels, int classes)
    {
        if (!Equals(Balanced))
            return _weights;
        var counts = new int[classes];
        foreach (byte label in labels)
            counts[label]++;

        // Noise may take the last image of a class: then nothing is weighed by its weight.
        double all = labels.Length;
        return [.. counts.Select(count => count == 0 ? 1f : (float)(all / ((double)classes * count)))];
    }

    public bool Equals(ClassWeighting? other) => other is not null && Name == other.Name;

    public override bool Equals(object? obj) => Equals(obj as ClassWeighting);

    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Name;
}
