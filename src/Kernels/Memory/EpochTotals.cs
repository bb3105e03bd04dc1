namespace GpuMlp.Kernels.Memory;

/// <summary>Sums over the images of an epoch: cross-entropy in nats, and counts.</summary>
/// <param name="Loss">NaN for a model that has failed.</param>
/// <param name="Classes">
/// With one logit a single entry, of the positive class; else one a class. A model that has failed says the first class to every image:
/// the negative one with one logit.
/// </param>
public sealed record EpochTotals(double Loss, IReadOnlyList<ClassCounts> Classes, int Images)
{
    /// <summary>Images of the positive class that were called so; with classes, images of any that were called what they are.</summary>
    public int TruePositives => Classes.Sum(own => own.TruePositives);

    /// <summary>Images that were wrongly called positive; with classes, all that were called wrong.</summary>
    public int FalsePositives => Classes.Sum(own => own.FalsePositives);

    /// <summary>Images that were wrongly called negative; with classes, all that were called wrong.</summary>
    public int FalseNegatives => Classes.Sum(own => own.FalseNegatives);

    public bool Equals(EpochTotals? other) =>
        other is not null && Loss.Equals(other.Loss) && Images == other.Images && Classes.SequenceEqual(other.Classes);

    public override int GetHashCode() => HashCode.Combine(Loss, Images, TruePositives);
}

/// <summary>One class: images of it that were called so, others that were called so, and images of it that were not.</summary>
public readonly record struct ClassCounts(int TruePositives, int FalsePositives, int FalseNegatives)
{
    /// <summary>Ints that a model's counts take on a device: three a class, and the images behind them.</summary>
    /// <param name="outputs">O.</param>
    internal static int Fields(int outputs) => (3 * outputs) + 1;

    public static ClassCounts operator +(ClassCounts a, ClassCounts b) => new(
        a.TruePositives + b.TruePositives, a.FalsePositives + b.FalsePositives, a.FalseNegatives + b.FalseNegatives);
}
