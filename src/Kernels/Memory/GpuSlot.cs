namespace GpuMlp.Kernels.Memory;

/// <summary>One model as a GPU kernel sees it: where its columns lie.</summary>
internal readonly struct GpuSlot
{
    /// <summary>First column, among all columns of the cohort.</summary>
    public readonly int Column;

    public readonly int Hidden;

    /// <summary>First column and stride of its block.</summary>
    public readonly int BlockFirst, Stride;

    public GpuSlot(CohortViews cohort, int slot)
    {
        Column = cohort.Slots[2 * slot];
        Hidden = cohort.Slots[(2 * slot) + 1];
        BlockFirst = cohort.SlotBlocks[2 * slot];
        Stride = cohort.SlotBlocks[(2 * slot) + 1];
    }

    /// <summary>
    /// Place of the model's first column in row <paramref name="row"/> of a matrix of <paramref name="height"/> rows, block after block.
    /// </summary>
    public int Row(int height, int row) => (height * BlockFirst) + (row * Stride) + Column - BlockFirst;
}
