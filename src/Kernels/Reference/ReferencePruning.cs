using System.Numerics;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// Pruning by its definition: k = int(s * size), and every weight with |w| &lt;= the k-th smallest |w| becomes 0. Plain
/// sorts; nothing but tests calls it.
/// </summary>
public static class ReferencePruning
{
    private static readonly int[] s_quantiles = GaussianTable.Create();

    /// <param name="model">Not overwritten.</param>
    /// <param name="sparsity">s, 0..1.</param>
    /// <param name="identity">Of the model; with the seed it decides random pruning alone.</param>
    /// <param name="initStd">Of the weights that training began with; needed for what is ranked by them.</param>
    public static ReferenceParameters Prune(
        ReferenceParameters model, PruneMethod method, double sparsity, ulong identity, uint seed, float initStd = float.NaN)
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
            case "movement":
                double[] moved = [.. all.Select((weight, i) => (double)((float)weight - Initial(i, identity, seed, initStd)))];
                MarkSmallest(moved, 0..first, sparsity, gone);
                MarkSmallest(moved, first..all.Length, sparsity, gone);
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
        IEnumerable<int> first = Enumerable.Range(start, size).OrderBy(i => Draw(i, identity, seed, RandomStreams.Pruning)).ThenBy(i => i);
        foreach (int i in first.Take((int)(sparsity * size)))
            gone[i] = true;
    }

    private static float Initial(int index, ulong identity, uint seed, float initStd)
    {
        if (float.IsNaN(initStd))
            throw new ArgumentException("must be given for a ranking by movement", nameof(initStd));
        uint word = Draw(index, identity, seed, RandomStreams.Weights);
        NormalPlace place = NormalPlace.Of(word, BitOperations.LeadingZeroCount(NormalPlace.Tail(word)));
        return initStd * (place.Between(s_quantiles[place.Knot], s_quantiles[place.End]) / (float)GaussianTable.One);
    }

    private static uint Draw(int index, ulong identity, uint seed, uint stream)
    {
        PhiloxBlock bits = Philox.Draw(
            new PhiloxBlock((uint)index / 4, (uint)(identity >> 32), (uint)identity, 0),
            seed,
            stream);
        return (index % 4) switch { 0 => bits.X, 1 => bits.Y, 2 => bits.Z, _ => bits.W };
    }
}
