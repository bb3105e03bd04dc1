using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Layout;

/// <summary>What a CPU kernel body sees of one block: raw pointers, since a checked view costs more than the arithmetic.</summary>
internal readonly unsafe struct BlockPointers
{
    public readonly float* W1, B1, W2, ColumnRates, Activations, GradW1, GradB1, GradW2;

    /// <summary>One value a slot of the block.</summary>
    public readonly float* B2, SlotRates, GradB2;

    /// <summary>[slot of the block, 256].</summary>
    public readonly float* Logits;

    /// <summary>Null without a mask.</summary>
    public readonly float* MaskW1, MaskW2;

    public readonly double* Loss;

    public readonly int* Counts;

    public readonly int Inputs, FirstColumn, Stride, Slots, FirstSlot;

    /// <summary>See <see cref="DeviceCohort.WeightDecay"/>.</summary>
    public readonly float WeightDecay;

    private readonly int* _slots;

    public BlockPointers(in CohortViews cohort, in ScratchViews scratch, int block)
    {
        int* fields = Pointer(cohort.Blocks) + (4 * block);
        FirstColumn = fields[0];
        Stride = fields[1];
        FirstSlot = fields[2];
        Slots = fields[3];
        Inputs = cohort.Inputs;
        WeightDecay = cohort.WeightDecay;
        long firstWeight = (long)Inputs * FirstColumn;
        W1 = Pointer(cohort.W1) + firstWeight;
        B1 = Pointer(cohort.B1) + FirstColumn;
        W2 = Pointer(cohort.W2) + FirstColumn;
        ColumnRates = Pointer(cohort.ColumnRates) + FirstColumn;
        B2 = Pointer(cohort.B2) + FirstSlot;
        SlotRates = Pointer(cohort.SlotRates) + FirstSlot;
        Activations = Pointer(scratch.Activations) + ((long)Images.ChunkSchedule.ChunkRows * FirstColumn);
        Logits = Pointer(scratch.Logits) + ((long)Images.ChunkSchedule.ChunkRows * FirstSlot);
        GradW1 = Pointer(scratch.GradW1) + firstWeight;
        GradB1 = Pointer(scratch.GradB1) + FirstColumn;
        GradW2 = Pointer(scratch.GradW2) + FirstColumn;
        GradB2 = Pointer(scratch.GradB2) + FirstSlot;
        Loss = Pointer(scratch.Loss) + FirstSlot;
        Counts = Pointer(scratch.Counts) + (4 * FirstSlot);
        bool isMasked = cohort.HasMask != 0;
        MaskW1 = isMasked ? Pointer(cohort.MaskW1) + firstWeight : null;
        MaskW2 = isMasked ? Pointer(cohort.MaskW2) + FirstColumn : null;
        _slots = Pointer(cohort.Slots) + (2 * FirstSlot);
    }

    /// <summary>Whether <see cref="MaskW1"/> and <see cref="MaskW2"/> are set.</summary>
    public bool IsMasked => MaskW1 != null;

    /// <summary>Vectors of sixteen columns in a row.</summary>
    public int Vectors => Stride / ColumnLayout.Vector;

    /// <summary>First column of a slot, counted from the block's first.</summary>
    public int Column(int slot) => _slots[2 * slot] - FirstColumn;

    public int Hidden(int slot) => _slots[(2 * slot) + 1];

    public static T* Pointer<T>(ArrayView<T> view)
        where T : unmanaged => (T*)view.LoadEffectiveAddressAsPtr();
}

/// <summary>One chunk of images as a CPU kernel body sees it.</summary>
internal readonly unsafe struct ChunkPointers
{
    public readonly int FirstRow, Rows, BatchRows, Inputs;

    public readonly bool IsFirst, IsLast;

    /// <summary>Labels and pixels of the chunk's first image.</summary>
    public readonly float* Labels, Pixels;

    public readonly int* ForwardStarts, BackwardStarts;

    public readonly ushort* ForwardIndex, BackwardIndex;

    public readonly float* ForwardValue, BackwardValue;

    public ChunkPointers(in ImageViews images, int inputs, int chunk)
    {
        int* fields = BlockPointers.Pointer(images.Chunks) + (Images.ChunkSchedule.ChunkFields * chunk);
        FirstRow = fields[0];
        Rows = fields[1];
        BatchRows = fields[2];
        IsFirst = (fields[3] & 1) != 0;
        IsLast = (fields[3] & 2) != 0;
        Inputs = inputs;
        Labels = BlockPointers.Pointer(images.Labels) + FirstRow;
        Pixels = BlockPointers.Pointer(images.Pixels) + ((long)FirstRow * inputs);
        ForwardStarts = BlockPointers.Pointer(images.ForwardStarts) + fields[4];
        BackwardStarts = BlockPointers.Pointer(images.BackwardStarts) + fields[5];
        ForwardIndex = BlockPointers.Pointer(images.ForwardIndex);
        BackwardIndex = BlockPointers.Pointer(images.BackwardIndex);
        ForwardValue = BlockPointers.Pointer(images.ForwardValue);
        BackwardValue = BlockPointers.Pointer(images.BackwardValue);
    }
}
