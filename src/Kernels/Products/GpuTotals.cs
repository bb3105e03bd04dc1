using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>What parts of the images leave of each model, part after part; one part lies as in <see cref="ScratchViews"/>.</summary>
public struct GpuTotals
{
    /// <summary>Two sums a slot: whole nats, units of 2^-32.</summary>
    public ArrayView<long> Loss;

    /// <summary>3 O + 1 counts a slot: true positives, false positives and false negatives of each class, images.</summary>
    public ArrayView<int> Counts;

    /// <summary>[slot, O]: the sum of q.</summary>
    public ArrayView<long> Deltas;

    /// <summary>A cohort's own, as one part.</summary>
    internal static GpuTotals Of(in ScratchViews scratch)
        => new() { Loss = scratch.Loss, Counts = scratch.Counts, Deltas = scratch.DeltaSums };

    /// <summary>Adds images to a slot of a part, of models with one logit; one thread.</summary>
    /// <param name="opensEpoch">Loss and counts start from 0.</param>
    /// <param name="opensBatch">The sum of q starts from 0.</param>
    internal readonly void Add(int place, OutputSums sums, int images, bool opensEpoch, bool opensBatch)
    {
        Loss[2 * place] = (opensEpoch ? 0 : Loss[2 * place]) + sums.LossWhole;
        Loss[(2 * place) + 1] = (opensEpoch ? 0 : Loss[(2 * place) + 1]) + sums.LossPart;
        Add(4 * place, sums.TruePositives, opensEpoch);
        Add((4 * place) + 1, sums.FalsePositives, opensEpoch);
        Add((4 * place) + 2, sums.FalseNegatives, opensEpoch);
        Add((4 * place) + 3, images, opensEpoch);
        Deltas[place] = (opensBatch ? 0 : Deltas[place]) + sums.Delta;
    }

    private readonly void Add(int place, int count, bool opensEpoch) => Counts[place] = (opensEpoch ? 0 : Counts[place]) + count;
}
