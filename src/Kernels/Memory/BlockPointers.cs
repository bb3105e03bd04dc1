using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Memory;

/// <summary>What a CPU kernel body sees of one block: raw pointers, since a checked view costs more than the arithmetic.</summary>
internal readonly unsafe struct BlockPointers
{
    public readonly float* W1, B1, W2, ColumnRates, Activations, GradW1, GradB1, GradW2;

    /// <summary>[slot of the block, O].</summary>
    public readonly float* B2, GradB2;

    /// <summary>One value a slot of the block.</summary>
    public readonly float* SlotRates;

    /// <summary>[slot of the block, O, 256].</summary>
    public readonly float* Logits;

    /// <summary>See <see cref="LearningViews"/>; of the block's columns, its slots, and its slots and classes.</summary>
    public readonly float* ColumnFactors, SlotFactors, DropoutScales, ClassScales;

    /// <summary>Null without a mask.</summary>
    public readonly float* MaskW1, MaskW2;

    /// <summary>Two sums, 3 O + 1 counts and one flag a slot of the block, see <see cref="ScratchViews"/>.</summary>
    public readonly long* Loss;

    public readonly int* Counts, Failed;

    /// <summary>[slot of the block, O]; for operations on one chunk.</summary>
    public readonly long* DeltaSums;

    /// <summary>[O, <see cref="OutputPitch"/>]: sums for dw2 with a logit a class; for operations on one chunk.</summary>
    public readonly long* OutputSums;

    /// <summary>
    /// [place, stride]; for operations on one chunk. Integers in float64, in the memory that GPUs keep them in as 64-bit ones.
    /// </summary>
    public readonly double* Sums;

    public readonly int Inputs, Outputs, FirstColumn, Stride, Slots, FirstSlot;

    /// <summary>From a row of w2 [O, padded columns of the cohort] to the next.</summary>
    public readonly int OutputPitch;

    /// <summary>See <see cref="DeviceCohort.WeightDecay"/>.</summary>
    public readonly float WeightDecay;

    /// <summary>What optimisers remember, as the parameters of the block lie; null where they remember less.</summary>
    public readonly StatePointers State1, State2;

    /// <summary>[<see cref="StepMemory.ColumnRows"/>, <see cref="OutputPitch"/>]: factors of the block's columns.</summary>
    public readonly float* StepColumns;

    /// <summary>[step of the epoch, kind, 2], and the kind of each slot of the block; see <see cref="StepViews"/>.</summary>
    public readonly float* Corrections;

    public readonly int* SlotKinds;

    public readonly int Kinds;

    /// <summary>[slot of the block, 4].</summary>
    public readonly float* StepSettings;

    private readonly int* _slots;

    /// <summary>For operations without scratch.</summary>
    public BlockPointers(in CohortViews cohort, int block)
        : this(cohort, default, block)
    {
    }

    public BlockPointers(in CohortViews cohort, in ScratchViews scratch, int block)
    {
        int* fields = Pointer(cohort.Blocks) + (4 * block);
        FirstColumn = fields[0];
        Stride = fields[1];
        FirstSlot = fields[2];
        Slots = fields[3];
        Inputs = cohort.Inputs;
        Outputs = cohort.Outputs;
        OutputPitch = cohort.B1.IntLength;
        WeightDecay = cohort.WeightDecay;
        long firstWeight = (long)Inputs * FirstColumn;
        W1 = Pointer(cohort.W1) + firstWeight;
        B1 = Pointer(cohort.B1) + FirstColumn;
        W2 = Pointer(cohort.W2) + FirstColumn;
        ColumnRates = Pointer(cohort.ColumnRates) + FirstColumn;
        B2 = Pointer(cohort.B2) + (Outputs * FirstSlot);
        SlotRates = Pointer(cohort.SlotRates) + FirstSlot;
        Loss = Pointer(scratch.Loss) + (2 * FirstSlot);
        Counts = Pointer(scratch.Counts) + (ClassCounts.Fields(Outputs) * FirstSlot);
        Failed = Pointer(scratch.Failed) + FirstSlot;
        Activations = Pointer(scratch.Activations) + ((long)ChunkSchedule.ChunkRows * FirstColumn);
        Logits = Pointer(scratch.Logits) + ((long)ChunkSchedule.ChunkRows * Outputs * FirstSlot);
        DeltaSums = Pointer(scratch.DeltaSums) + (Outputs * FirstSlot);
        OutputSums = Pointer(scratch.OutputSums) + FirstColumn;
        Sums = (double*)Pointer(scratch.GradSums) + ((Inputs + 1L) * FirstColumn);
        GradW1 = Pointer(scratch.GradW1) + firstWeight;
        GradB1 = Pointer(scratch.GradB1) + FirstColumn;
        GradW2 = Pointer(scratch.GradW2) + FirstColumn;
        GradB2 = Pointer(scratch.GradB2) + (Outputs * FirstSlot);
        ColumnFactors = Pointer(cohort.Learning.ColumnFactors) + FirstColumn;
        SlotFactors = Pointer(cohort.Learning.SlotFactors) + FirstSlot;
        DropoutScales = Pointer(cohort.Learning.DropoutScales) + FirstSlot;
        ClassScales = Pointer(cohort.Learning.ClassScales) + (FirstSlot * cohort.Learning.Classes);
        bool isMasked = cohort.HasMask != 0;
        MaskW1 = isMasked ? Pointer(cohort.MaskW1) + firstWeight : null;
        MaskW2 = isMasked ? Pointer(cohort.MaskW2) + FirstColumn : null;
        StepViews steps = scratch.Steps;
        State1 = new StatePointers(cohort, steps.State1, this);
        State2 = new StatePointers(cohort, steps.State2, this);
        StepColumns = Pointer(steps.Columns) + FirstColumn;
        Corrections = Pointer(steps.Corrections);
        SlotKinds = Pointer(steps.SlotKinds) + FirstSlot;
        StepSettings = Pointer(steps.Settings) + (4 * FirstSlot);
        Kinds = steps.Kinds;
        _slots = Pointer(cohort.Slots) + (2 * FirstSlot);
    }

    /// <summary>Whether <see cref="MaskW1"/> and <see cref="MaskW2"/> are set.</summary>
    public bool IsMasked => MaskW1 != null;

    /// <summary>Vectors of sixteen columns in a row.</summary>
    public int Vectors => Stride / ColumnLayout.Vector;

    /// <summary>First column of a slot, counted from the block's first.</summary>
    public int Column(int slot) => _slots[2 * slot] - FirstColumn;

    public int Hidden(int slot) => _slots[(2 * slot) + 1];

    /// <summary>Null for a view that is unset.</summary>
    public static T* Pointer<T>(ArrayView<T> view)
        where T : unmanaged => view.IsValid ? (T*)view.LoadEffectiveAddressAsPtr() : null;
}

/// <summary>A state of a block's parameters.</summary>
internal readonly unsafe struct StatePointers
{
    public readonly float* W1, B1, W2, B2;

    public StatePointers(in CohortViews cohort, ArrayView<float> state, in BlockPointers block)
    {
        if (!state.IsValid || state.Length == 1)
            return;
        float* first = BlockPointers.Pointer(state);
        W1 = first + ((long)block.Inputs * block.FirstColumn);
        B1 = first + cohort.W1.Length + block.FirstColumn;
        W2 = first + cohort.W1.Length + cohort.B1.Length + block.FirstColumn;
        B2 = first + cohort.W1.Length + cohort.B1.Length + cohort.W2.Length + ((long)block.Outputs * block.FirstSlot);
    }
}

/// <summary>One chunk of images as a CPU kernel body sees it.</summary>
internal readonly unsafe struct ChunkPointers
{
    /// <summary><see cref="Place"/> is the chunk's number in its batch.</summary>
    public readonly int Index, FirstRow, Rows, BatchRows, Place;

    public readonly bool IsLast;

    /// <summary>Labels of the chunk from its first image on.</summary>
    public readonly float* Labels;

    /// <summary>Likewise the images' numbers in the data; unset where <see cref="ImageViews.Numbers"/> is.</summary>
    public readonly uint* Numbers;

    public ChunkPointers(in ImageViews images, int chunk)
    {
        int* fields = BlockPointers.Pointer(images.Chunks) + (ChunkSchedule.ChunkFields * chunk);
        Index = chunk;
        FirstRow = fields[0];
        Rows = fields[1];
        BatchRows = fields[2];
        Place = fields[3] >> 1;
        IsLast = (fields[3] & 1) != 0;
        Labels = BlockPointers.Pointer(images.Labels) + FirstRow;
        Numbers = BlockPointers.Pointer(images.Numbers) + FirstRow;
    }

    public bool IsFirst => Place == 0;
}
