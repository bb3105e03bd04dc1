using System.Runtime.Intrinsics;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// From dense columns to compressed ones: an entry for each weight that is not 0 and, where there are ranks, whose rank is
/// not below the level's k. Two passes: <see cref="CountPass"/> counts and writes w2 and biases, <see cref="FillPass"/> writes entries.
/// </summary>
/// <remarks>
/// An item is a block at one level; levels of a block follow each other, so that its W1 and ranks stay in L2. Comparisons
/// and copies only: one text for all register widths.
/// </remarks>
internal readonly unsafe struct CompressOperation : IBlockOperation
{
    public const int CountPass = 0, FillPass = 1;

    // Columns that one comparison handles; a block's stride is a multiple of it.
    private const int Lanes = 8;

    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int item)
    {
        SparseViews sparse = arguments.Sparse;
        int level = item % sparse.Levels;
        var block = new BlockPointers(arguments.Cohort, arguments.Scratch, item / sparse.Levels);
        int padded = (arguments.Sparse.Counts.IntLength / sparse.Levels * level) + block.FirstColumn;
        int* thresholds = BlockPointers.Pointer(sparse.Thresholds) + (2 * ((arguments.Cohort.Slots.IntLength / 2 * level) + block.FirstSlot));
        int* limits = stackalloc int[block.Stride];
        Limits(block, thresholds, limits);
        int* ranks = arguments.Prune.RanksW1.IsValid ? BlockPointers.Pointer(arguments.Prune.RanksW1) + ((long)block.Inputs * block.FirstColumn) : null;
        if (arguments.Mode == FillPass)
        {
            Fill(block, ranks, limits, BlockPointers.Pointer(sparse.Starts) + padded, BlockPointers.Pointer(sparse.Index), BlockPointers.Pointer(sparse.Value));
            return;
        }
        Count(block, ranks, limits, BlockPointers.Pointer(sparse.Counts) + padded);
        int* ranksW2 = ranks == null ? null : BlockPointers.Pointer(arguments.Prune.RanksW2) + block.FirstColumn;
        Rest(block, ranksW2, thresholds, sparse, padded, (arguments.Cohort.Slots.IntLength / 2 * level) + block.FirstSlot);
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

    private static void Rest(in BlockPointers block, int* ranks, int* thresholds, in SparseViews sparse, int firstColumn, int firstSlot)
    {
        float* w2 = BlockPointers.Pointer(sparse.W2) + firstColumn;
        new ReadOnlySpan<float>(block.B1, block.Stride).CopyTo(new Span<float>(BlockPointers.Pointer(sparse.B1) + firstColumn, block.Stride));
        new ReadOnlySpan<float>(block.B2, block.Slots).CopyTo(new Span<float>(BlockPointers.Pointer(sparse.B2) + firstSlot, block.Slots));
        for (int slot = 0; slot < block.Slots; slot++)
        {
            int column = block.Column(slot), end = column + block.Hidden(slot);
            for (; column < end; column++)
                w2[column] = ranks != null && ranks[column] < thresholds[(2 * slot) + 1] ? 0f : block.W2[column];
        }
    }
}
