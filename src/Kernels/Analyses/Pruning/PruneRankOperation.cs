using System.Runtime.InteropServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// rank[i] = number of weights that go strictly before weight i by the keys of a <see cref="IPruneScore"/>, within W1 and w2 apart or
/// together. Equal magnitudes have equal ranks, so |w| &lt;= the k-th smallest |w| is rank &lt; k. Random ranks are a permutation.
/// </summary>
/// <remarks>
/// One slot at a time: keys of 32 bits, with the weight's index in the model's own order (W1 row-major [D, H], then w2 [O, H])
/// below them, are sorted by key; equal ones stay in that order.
/// </remarks>
public sealed class PruneRankOperation : Operation<PruneRankJob>
{
    public static PruneRankOperation Instance { get; } = new();

    public override string Name => "PruneRank";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(PruneRankJob job) => job.Cohort.Device;

    internal override void Check(PruneRankJob job) => Fit.CheckSame(job.Cohort.Layout, job.Ranks.Layout, "ranks");

    internal override void OnCpu(DeviceKernels kernels, PruneRankJob job)
    {
        job.Method.OnCpu(kernels, job);
        job.Ranks.Method = job.Method;
    }

    internal override void OnGpu(GpuDevice device, PruneRankJob job)
    {
        job.Method.OnGpu(device, job);
        job.Ranks.Method = job.Method;
    }
}

/// <summary>What it is given.</summary>
public readonly record struct PruneRankJob(DeviceCohort Cohort, PruneRanks Ranks, PruneMethod Method);

/// <summary>How it is called.</summary>
public static class PruneRankKernels
{
    /// <summary>Ranks the weights of all models; the ranks serve every level of <see cref="PruneOperation"/>.</summary>
    /// <exception cref="ArgumentException">The ranks are of another layout.</exception>
    public static void PruneRank(this DeviceKernels kernels, DeviceCohort cohort, PruneRanks ranks, PruneMethod method) =>
        kernels.Run(PruneRankOperation.Instance, new PruneRankJob(cohort, ranks, method));
}

/// <summary>A block of columns an item.</summary>
internal unsafe struct PruneRankCpu<TScore> : ICpuJob
    where TScore : struct, IPruneScore
{
    public CohortViews Cohort;

    public PruneViews Ranks;

    /// <summary>1: W1 and w2 are ranked together.</summary>
    public int IsTogether;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var pointers = new BlockPointers(Cohort, item);
        int widest = 0;
        for (int slot = 0; slot < pointers.Slots; slot++)
            widest = Math.Max(widest, pointers.Hidden(slot));
        nuint most = (nuint)widest * (nuint)(pointers.Inputs + pointers.Outputs);
        ulong* keys = (ulong*)NativeMemory.Alloc(2 * most, sizeof(ulong));
        try
        {
            for (int slot = 0; slot < pointers.Slots; slot++)
                Rank(pointers, slot, keys, keys + most);
        }
        finally
        {
            NativeMemory.Free(keys);
        }
    }

    private readonly void Rank(in BlockPointers block, int slot, ulong* keys, ulong* spare)
    {
        int hidden = block.Hidden(slot), first = block.Inputs * hidden, last = block.Outputs * hidden, all = first + last;
        SetKeys(block, slot, keys);
        if (IsTogether != 0)
        {
            Number(block, slot, RadixSort.ByUpperHalf(new Span<ulong>(keys, all), new Span<ulong>(spare, all)));
            return;
        }
        Number(block, slot, RadixSort.ByUpperHalf(new Span<ulong>(keys, first), new Span<ulong>(spare, first)));
        Number(block, slot, RadixSort.ByUpperHalf(new Span<ulong>(keys + first, last), new Span<ulong>(spare, last)));
    }

    private readonly void SetKeys(in BlockPointers block, int slot, ulong* keys)
    {
        int hidden = block.Hidden(slot), index = 0;
        float* weights = block.W1 + block.Column(slot);
        for (int d = 0; d < block.Inputs; d++, weights += block.Stride)
        {
            for (int h = 0; h < hidden; h++, index++)
                keys[index] = Key(block, slot, index, weights[h]);
        }
        weights = block.W2 + block.Column(slot);
        for (int k = 0; k < block.Outputs; k++, weights += block.OutputPitch)
        {
            for (int h = 0; h < hidden; h++, index++)
                keys[index] = Key(block, slot, index, weights[h]);
        }
    }

    private readonly ulong Key(in BlockPointers block, int slot, int index, float weight) =>
        ((ulong)TScore.Key(Ranks.Origin, block.FirstSlot + slot, index, weight) << 32) | (uint)index;

    private readonly void Number(in BlockPointers block, int slot, ReadOnlySpan<ulong> keys)
    {
        int hidden = block.Hidden(slot), first = block.Inputs * hidden, column = block.Column(slot), rank = 0;
        int* ranksW1 = BlockPointers.Pointer(Ranks.RanksW1) + ((long)block.Inputs * block.FirstColumn) + column;
        int* ranksW2 = BlockPointers.Pointer(Ranks.RanksW2) + block.FirstColumn + column;
        for (int place = 0; place < keys.Length; place++)
        {
            if (!TScore.TiesShare || place == 0 || keys[place] >> 32 != keys[place - 1] >> 32)
                rank = place;
            int index = (int)(uint)keys[place];
            if (index < first)
                ranksW1[((long)(index / hidden) * block.Stride) + (index % hidden)] = rank;
            else
                ranksW2[((long)((index - first) / hidden) * block.OutputPitch) + ((index - first) % hidden)] = rank;
        }
    }
}
