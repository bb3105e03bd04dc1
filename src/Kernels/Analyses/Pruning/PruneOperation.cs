using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>target = rank &lt; k ? 0 : weight, for W1 and w2 of each slot with their own k; b1 and b2 are copied.
/// A target with a mask gets it too: 0 where a weight went.</summary>
internal readonly unsafe struct PruneOperation : IBlockOperation
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block)
    {
        var source = new BlockPointers(arguments.Cohort, arguments.Scratch, block);
        var target = new BlockPointers(arguments.Prune.Target, arguments.Scratch, block);
        int* ranksW1 = BlockPointers.Pointer(arguments.Prune.RanksW1) + ((long)source.Inputs * source.FirstColumn);
        int* ranksW2 = BlockPointers.Pointer(arguments.Prune.RanksW2) + source.FirstColumn;
        int* counts = BlockPointers.Pointer(arguments.Prune.Counts) + (2 * source.FirstSlot);
        for (int slot = 0; slot < source.Slots; slot++)
        {
            int column = source.Column(slot), hidden = source.Hidden(slot);
            for (int d = 0; d < source.Inputs; d++)
            {
                long row = ((long)d * source.Stride) + column;
                Row(source.W1 + row, ranksW1 + row, hidden, counts[2 * slot], target.W1 + row);
                if (target.IsMasked)
                    MaskRow(ranksW1 + row, hidden, counts[2 * slot], target.MaskW1 + row);
            }
            Row(source.W2 + column, ranksW2 + column, hidden, counts[(2 * slot) + 1], target.W2 + column);
            if (target.IsMasked)
                MaskRow(ranksW2 + column, hidden, counts[(2 * slot) + 1], target.MaskW2 + column);
            new ReadOnlySpan<float>(source.B1 + column, hidden).CopyTo(new Span<float>(target.B1 + column, hidden));
            target.B2[slot] = source.B2[slot];
        }
    }

    private static void MaskRow(int* ranks, int hidden, int count, float* mask)
    {
        for (int h = 0; h < hidden; h++)
            mask[h] = ranks[h] < count ? 0f : 1f;
    }

    private static void Row(float* weights, int* ranks, int hidden, int count, float* target)
    {
        for (int h = 0; h < hidden; h++)
            target[h] = ranks[h] < count ? 0f : weights[h];
    }
}
