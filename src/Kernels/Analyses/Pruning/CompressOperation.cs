using System.Runtime.Intrinsics;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// From dense columns to compressed ones, at one or more levels of pruning: an entry for each weight that is not 0 and, where
/// there are ranks, whose rank is not below the level's k. Two passes: the first counts and writes w2 and biases, the second
/// writes entries. No pruned copy of the cohort is made.
/// </summary>
public sealed class CompressOperation : Operation<CompressJob>
{
    internal const int CountPass = 0, FillPass = 1;

    public static CompressOperation Instance { get; } = new();

    public override string Name => "Compress";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(CompressJob job) => job.Cohort.Device;

    internal override void Check(CompressJob job)
    {
        Fit.CheckSame(job.Cohort.Layout, job.Target.Layout, "target");
        if (job.Levels.Count != job.Target.Levels)
            throw new ArgumentException($"{job.Levels.Count} levels for {job.Target.Levels}", nameof(job));
        foreach (double level in job.Levels)
            Fit.CheckLevel(level);
        if (job.Ranks is null)
            return;
        Fit.CheckSame(job.Cohort.Layout, job.Ranks.Layout, "ranks");
        job.Ranks.CheckRanked();
    }

    internal override void OnCpu(DeviceKernels kernels, CompressJob job) => Run(job, pass => kernels.Launch(new CompressCpu
    {
        Cohort = job.Cohort.Cohort,
        Ranks = job.Ranks?.Views ?? default,
        Sparse = job.Target.Views,
        Pass = pass,
    }));

    internal override void OnGpu(GpuDevice device, CompressJob job) => Run(job, pass =>
    {
        CohortViews cohort = job.Cohort.Cohort;
        SparseViews sparse = job.Target.Views;

        // Views that a launch does not use must be valid all the same.
        var compress = new CompressGpu
        {
            Cohort = cohort,
            Sparse = sparse,
            RanksW1 = job.Ranks?.Views.RanksW1 ?? sparse.Starts,
            RanksW2 = job.Ranks?.Views.RanksW2 ?? sparse.Starts,
            HasRanks = job.Ranks is null ? 0 : 1,
            Pass = pass,
        };
        device.Launch(CompressGpu.Kernel, CompressGpu.Threads, checked(cohort.SlotCount * sparse.Levels), compress);
    });

    private static void Run(CompressJob job, Action<int> pass)
    {
        job.Target.SetThresholds(job.Ranks is { } ranks ? [.. job.Levels.SelectMany(ranks.Thresholds)] : null);
        pass(CountPass);
        job.Target.Place(job.WithEntries);
        if (job.WithEntries)
            pass(FillPass);
    }
}

/// <summary>What it is given.</summary>
/// <param name="Cohort">Not changed.</param>
/// <param name="Ranks">Made of this cohort by <see cref="PruneRankOperation"/>; null takes the weights as they are, without the
/// zeros.</param>
/// <param name="Levels">0..1 each; as many as the target has.</param>
/// <param name="Target">Of the same layout.</param>
/// <param name="WithEntries">False only counts; the target holds nothing that can be evaluated afterwards.</param>
public readonly record struct CompressJob(
    DeviceCohort Cohort,
    PruneRanks? Ranks,
    IReadOnlyList<double> Levels,
    SparseCohort Target,
    bool WithEntries);

/// <summary>How it is called.</summary>
public static class CompressKernels
{
    /// <summary>Compresses the weights of all models as they are: zeros are left out.</summary>
    /// <param name="target">Of the same layout, for one level.</param>
    /// <exception cref="ArgumentException">Another layout, or more than one level.</exception>
    public static void Compress(this DeviceKernels kernels, DeviceCohort cohort, SparseCohort target) =>
        kernels.Run(CompressOperation.Instance, new CompressJob(cohort, null, [0], target, WithEntries: true));

    /// <summary>Compresses the weights of all models at several levels of pruning.</summary>
    /// <exception cref="ArgumentException">Another layout or number of levels, or nothing ranked yet.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A level outside 0..1.</exception>
    /// <inheritdoc cref="CompressJob" path="/param"/>
    public static void Compress(
        this DeviceKernels kernels,
        DeviceCohort cohort,
        PruneRanks ranks,
        IReadOnlyList<double> levels,
        SparseCohort target) =>
        kernels.Run(CompressOperation.Instance, new CompressJob(cohort, ranks, levels, target, WithEntries: true));

    /// <summary>What pruning would leave of each model, [level][model in the caller's order], without entries.</summary>
    /// <inheritdoc cref="Compress(DeviceKernels, DeviceCohort, PruneRanks, IReadOnlyList{double}, SparseCohort)"/>
    public static WeightCounts[][] CountWeights(
        this DeviceKernels kernels, DeviceCohort cohort, PruneRanks ranks, IReadOnlyList<double> levels, SparseCohort target)
    {
        kernels.Run(CompressOperation.Instance, new CompressJob(cohort, ranks, levels, target, WithEntries: false));
        return target.Count();
    }
}

/// <summary>
/// An item is a block at one level; levels of a block follow each other, so that its W1 and ranks stay in L2. Comparisons
/// and copies only: one text for all register widths.
/// </summary>
internal unsafe struct CompressCpu : ICpuJob
{
    // Columns that one comparison handles; a block's stride is a multiple of it.
    private const int Lanes = 8;

    public CohortViews Cohort;

    /// <summary>Unset without ranks.</summary>
    public PruneViews Ranks;

    public SparseViews Sparse;

    public int Pass;

    public readonly int Items => Cohort.BlockCount * Sparse.Levels;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        int level = item % Sparse.Levels;
        var block = new BlockPointers(Cohort, item / Sparse.Levels);
        int padded = (Sparse.Counts.IntLength / Sparse.Levels * level) + block.FirstColumn;
        int* thresholds = BlockPointers.Pointer(Sparse.Thresholds) + (2 * ((Cohort.SlotCount * level) + block.FirstSlot));
        int* limits = stackalloc int[block.Stride];
        Limits(block, thresholds, limits);
        int* ranks = Ranks.RanksW1.IsValid ? BlockPointers.Pointer(Ranks.RanksW1) + ((long)block.Inputs * block.FirstColumn) : null;
        if (Pass == CompressOperation.FillPass)
        {
            Fill(
                block, ranks, limits, BlockPointers.Pointer(Sparse.Starts) + padded, BlockPointers.Pointer(Sparse.Index),
                BlockPointers.Pointer(Sparse.Value));
            return;
        }
        Count(block, ranks, limits, BlockPointers.Pointer(Sparse.Counts) + padded);
        int* ranksW2 = ranks == null ? null : BlockPointers.Pointer(Ranks.RanksW2) + block.FirstColumn;
        Rest(block, ranksW2, thresholds, Sparse, level, (Cohort.SlotCount * level) + block.FirstSlot);
    }

    // k of W1 for each column; the columns behind the last model hold zeros and are never kept.
    private static void Limits(in BlockPointers block, int* thresholds, int* limits)
    {
        new Span<int>(limits, block.Stride).Clear();
        for (int slot = 0; slot < block.Slots; slot++)
            new Span<int>(limits + block.Column(slot), block.Hidden(slot)).Fill(thresholds[2 * slot]);
    }

    private static void Count(in BlockPointers block, int* ranks, int* limits, int* counts)
    {
        float* weights = block.W1;
        new Span<int>(counts, block.Stride).Clear();
        for (int d = 0; d < block.Inputs; d++, weights += block.Stride)
        {
            for (int column = 0; column < block.Stride; column += Lanes)
            {
                Vector256<int> kept = Kept(weights + column, ranks == null ? null : ranks + column, limits + column);
                (Vector256.Load(counts + column) - kept).Store(counts + column);
            }
            ranks = ranks == null ? null : ranks + block.Stride;
        }
    }

    private static void Fill(in BlockPointers block, int* ranks, int* limits, int* starts, ushort* index, float* value)
    {
        int* next = stackalloc int[block.Stride];
        new ReadOnlySpan<int>(starts, block.Stride).CopyTo(new Span<int>(next, block.Stride));
        float* weights = block.W1;
        for (int d = 0; d < block.Inputs; d++, weights += block.Stride)
        {
            for (int first = 0; first < block.Stride; first += Lanes)
            {
                uint kept = Kept(weights + first, ranks == null ? null : ranks + first, limits + first).ExtractMostSignificantBits();
                for (; kept != 0; kept &= kept - 1)
                {
                    int column = first + System.Numerics.BitOperations.TrailingZeroCount(kept), at = next[column]++;
                    index[at] = (ushort)d;
                    value[at] = weights[column];
                }
            }
            ranks = ranks == null ? null : ranks + block.Stride;
        }
    }

    // All bits set where a weight stays.
    private static Vector256<int> Kept(float* weights, int* ranks, int* limits)
    {
        Vector256<int> zero = Vector256.Equals(Vector256.Load(weights), Vector256<float>.Zero).AsInt32();
        return ranks == null ? ~zero : Vector256.GreaterThanOrEqual(Vector256.Load(ranks), Vector256.Load(limits)) & ~zero;
    }

    private static void Rest(in BlockPointers block, int* ranks, int* thresholds, in SparseViews sparse, int level, int firstSlot)
    {
        int outputs = block.Outputs, firstColumn = (level * block.OutputPitch) + block.FirstColumn;
        float* w2 = BlockPointers.Pointer(sparse.W2) + ((long)level * outputs * block.OutputPitch) + block.FirstColumn;
        new ReadOnlySpan<float>(block.B1, block.Stride).CopyTo(
            new Span<float>(BlockPointers.Pointer(sparse.B1) + firstColumn, block.Stride));
        float* b2 = BlockPointers.Pointer(sparse.B2) + (firstSlot * outputs);
        new ReadOnlySpan<float>(block.B2, outputs * block.Slots).CopyTo(new Span<float>(b2, outputs * block.Slots));
        for (int slot = 0; slot < block.Slots; slot++)
        {
            for (int k = 0; k < outputs; k++)
            {
                long first = ((long)k * block.OutputPitch) + block.Column(slot);
                for (long place = first; place < first + block.Hidden(slot); place++)
                    w2[place] = ranks != null && ranks[place] < thresholds[(2 * slot) + 1] ? 0f : block.W2[place];
            }
        }
    }
}
