using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>Sums over images: loss in whole nats and in units of 2^-32 beside them, and counts.</summary>
/// <param name="Classes">As in <see cref="EpochTotals"/>.</param>
public readonly record struct ExactTotals(long LossWhole, long LossPart, IReadOnlyList<ClassCounts> Classes)
{
    public static ExactTotals operator +(ExactTotals a, ExactTotals b) => new(
        a.LossWhole + b.LossWhole, a.LossPart + b.LossPart, [.. a.Classes.Zip(b.Classes, (one, other) => one + other)]);

    /// <summary>Of no image.</summary>
    /// <param name="outputs">O.</param>
    public static ExactTotals None(int outputs) => new(0, 0, new ClassCounts[outputs]);

    /// <summary>As an epoch has it: NaN for a model that has failed.</summary>
    public EpochTotals ToEpoch(int images, bool failed) =>
        new(
            failed ? double.NaN : LossWhole + (LossPart / (double)ExactSums.LogitUnits),
            Classes,
            images);
}
