using System.Runtime.InteropServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// rank[i] = number of weights that go strictly before weight i, within W1 and w2 apart or together. Equal magnitudes have
/// equal ranks, so |w| &lt;= the k-th smallest |w| is rank &lt; k. Random ranks are a permutation, from Philox draws.
/// </summary>
/// <remarks>
/// One slot at a time: keys of 32 bits, with the weight's index in the model's own order (W1 row-major [D, H], then w2)
/// below them, are sorted as one number. The bits of a magnitude sort as the magnitude does; NaN goes last.
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
        kernels.Launch(new PruneRankCpu
        {
            Cohort = job.Cohort.Cohort,
            Ranks = job.Ranks.Views,
            Score = job.Method.Score,
            IsTogether = job.Method.IsTogether ? 1 : 0
        });
        job.Ranks.Method = job.Method;
    }

    internal override void OnGpu(GpuDevice device, PruneRankJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        long weights = (cohort.Inputs + 1L) * cohort.B1.Length;
        var rank = new PruneRankGpu
        {
            Cohort = cohort,
            Ranks = job.Ranks.Views,
            Keys = device.Workspace.Take<uint>("keys", 2 * weights),
            Indices = device.Workspace.Take<int>("key indices", 2 * weights),
            Score = (int)job.Method.Score,
            IsTogether = job.Method.IsTogether ? 1 : 0,
        };
        device.Launch(PruneRankGpu.Kernel, PruneRankGpu.Threads, cohort.SlotCount, rank);
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
internal unsafe struct PruneRankCpu : ICpuJob
{
    public CohortViews Cohort;

    public PruneViews Ranks;

    public PruneScore Score;

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
        ulong* keys = (ulong*)NativeMemory.Alloc((nuint)widest * ((nuint)pointers.Inputs + 1), sizeof(ulong));
        try
        {
            for (int slot = 0; slot < pointers.Slots; slot++)
                Rank(Ranks, pointers, slot, keys);
        }
        finally
        {
            NativeMemory.Free(keys);
        }
    }

    private readonly void Rank(in PruneViews views, in BlockPointers block, int slot, ulong* keys)
    {
        int hidden = block.Hidden(slot), first = block.Inputs * hidden, all = first + hidden;
        if (Score == PruneScore.Random)
            DrawKeys(views, block.FirstSlot + slot, keys, all);
        else
            MagnitudeKeys(block, slot, keys);

        bool tiesShare = Score != PruneScore.Random;
        if (IsTogether != 0)
        {
            Number(views, block, slot, new Span<ulong>(keys, all), tiesShare);
            return;
        }
        Number(views, block, slot, new Span<ulong>(keys, first), tiesShare);
        Number(views, block, slot, new Span<ulong>(keys + first, hidden), tiesShare);
    }

    private static void MagnitudeKeys(in BlockPointers block, int slot, ulong* keys)
    {
        int hidden = block.Hidden(slot), index = 0;
        float* weights = block.W1 + block.Column(slot);
        for (int d = 0; d < block.Inputs; d++, weights += block.Stride)
        {
            for (int h = 0; h < hidden; h++, index++)
                keys[index] = Key(Magnitude(weights[h]), index);
        }
        for (int h = 0; h < hidden; h++, index++)
            keys[index] = Key(Magnitude(block.W2[block.Column(slot) + h]), index);
    }

    // Four keys a draw, as for the initial weights.
    private static void DrawKeys(in PruneViews views, int slot, ulong* keys, int count)
    {
        uint* identity = BlockPointers.Pointer(views.Identities) + (2 * slot);
        for (int index = 0; index < count; index += 4)
        {
            PhiloxBlock bits = Philox.Draw(
                new PhiloxBlock((uint)index / 4, identity[0], identity[1], 0),
                views.Seed,
                RandomStreams.Pruning);
            keys[index] = Key(bits.X, index);
            if (index + 1 < count)
                keys[index + 1] = Key(bits.Y, index + 1);
            if (index + 2 < count)
                keys[index + 2] = Key(bits.Z, index + 2);
            if (index + 3 < count)
                keys[index + 3] = Key(bits.W, index + 3);
        }
    }

    private static void Number(in PruneViews views, in BlockPointers block, int slot, Span<ulong> keys, bool tiesShare)
    {
        int hidden = block.Hidden(slot), first = block.Inputs * hidden, column = block.Column(slot), rank = 0;
        int* ranksW1 = BlockPointers.Pointer(views.RanksW1) + ((long)block.Inputs * block.FirstColumn) + column;
        int* ranksW2 = BlockPointers.Pointer(views.RanksW2) + block.FirstColumn + column;
        keys.Sort();
        for (int place = 0; place < keys.Length; place++)
        {
            if (!tiesShare || place == 0 || keys[place] >> 32 != keys[place - 1] >> 32)
                rank = place;
            int index = (int)(uint)keys[place];
            if (index < first)
                ranksW1[((long)(index / hidden) * block.Stride) + (index % hidden)] = rank;
            else
                ranksW2[index - first] = rank;
        }
    }

    private static uint Magnitude(float weight) => BitConverter.SingleToUInt32Bits(weight) & 0x7FFFFFFF;

    private static ulong Key(uint order, int index) => ((ulong)order << 32) | (uint)index;
}
