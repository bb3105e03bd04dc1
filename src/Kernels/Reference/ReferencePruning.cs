using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// Pruning by its definition: k = int(s * size), and every weight with |w| &lt;= the k-th smallest |w| becomes 0. Plain
/// sorts; nothing but tests calls it.
/// </summary>
public static class ReferencePruning
{
    /// <param name="model">Not overwritten.</param>
    /// <param name="sparsity">s, 0..1.</param>
    /// <param name="identity">Of the model; with the seed it decides random pruning alone.</param>
    public static ReferenceParameters Prune(ReferenceParameters model, PruneMethod method, double sparsity, ulong identity, uint seed)
    {
        int first = model.W1.Length;
        double[] all = [.. model.W1, .. model.W2];
        bool[] gone = new bool[all.Length];
        switch (method.Name)
        {
            case "global":
                MarkSmallest(all, 0..all.Length, sparsity, gone);
                break;
            case "w1":
                MarkSmallest(all, 0..first, sparsity, gone);
                break;
            case "random":
                MarkRandom(0..first, sparsity, identity, seed, gone);
                MarkRandom(first..all.Length, sparsity, identity, seed, gone);
                break;
            case "layer":
                MarkSmallest(all, 0..first, sparsity, gone);
                MarkSmallest(all, first..all.Length, sparsity, gone);
                break;
            default:
                throw new ArgumentException($"{method}: no reference", nameof(method));
        }
        double[] pruned = [.. all.Zip(gone, (weight, isGone) => isGone ? 0 : weight)];
        return model with { W1 = pruned[..first], W2 = pruned[first..] };
    }

    private static void MarkSmallest(double[] weights, Range layer, double sparsity, bool[] gone)
    {
        (int start, int size) = layer.GetOffsetAndLength(weights.Length);
        int k = (int)(sparsity * size);
        if (k == 0)
            return;
        double threshold = weights[layer].Select(Math.Abs).Order().ElementAt(k - 1);
        for (int i = start; i < start + size; i++)
            gone[i] = Math.Abs(weights[i]) <= threshold;
    }

    private static void MarkRandom(Range layer, double sparsity, ulong identity, uint seed, bool[] gone)
    {
        (int start, int size) = layer.GetOffsetAndLength(gone.Length);
        foreach (int i in Enumerable.Range(start, size).OrderBy(i => Draw(i, identity, seed)).ThenBy(i => i).Take((int)(sparsity * size)))
            gone[i] = true;
    }

    private static uint Draw(int index, ulong identity, uint seed)
    {
        PhiloxBlock bits = Philox.Draw(
            new PhiloxBlock((uint)index / 4, (uint)(identity >> 32), (uint)identity, 0),
            seed,
            RandomStreams.Pruning);
        return (index % 4) switch { 0 => bits.X, 1 => bits.Y, 2 => bits.Z, _ => bits.W };
    }
}
