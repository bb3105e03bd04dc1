using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>Sums over images: loss in whole nats and in units of 2^-32 beside them, and counts.</summary>
public readonly record struct ExactTotals(long LossWhole, long LossPart, int TruePositives, int FalsePositives, int FalseNegatives)
{
    public static ExactTotals operator +(ExactTotals a, ExactTotals b) => new(
        a.LossWhole + b.LossWhole, a.LossPart + b.LossPart,
        a.TruePositives + b.TruePositives, a.FalsePositives + b.FalsePositives, a.FalseNegatives + b.FalseNegatives);

    /// <summary>As an epoch has it: NaN for a model that has failed.</summary>
    public EpochTotals ToEpoch(int images, bool failed) =>
        new(
            failed ? double.NaN : LossWhole + (LossPart / (double)ExactSums.LogitUnits),
            TruePositives,
            FalsePositives,
            FalseNegatives,
            images);
}
