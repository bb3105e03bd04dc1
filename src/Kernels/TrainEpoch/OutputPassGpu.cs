using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.OutputBackward;
using GpuMlp.Kernels.OutputForward;
using GpuMlp.Kernels.Update;
using ILGPU;

namespace GpuMlp.Kernels.TrainEpoch;

/// <summary>
/// All of the output layer in one launch: logits, loss, counts, d2, then dw2, db1 and d1 in place of Z, a group a model and
/// segment of images. Nothing of it but d1 and the sums goes to memory.
/// </summary>
public struct OutputPassGpu
{
    /// <summary>Threads of a group, one or two images each at first, then sixteen columns times sixteen shares of the images.</summary>
    public const int Threads = OutputForwardGpu.Threads;

    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>Z, then d1, of the run.</summary>
    public GpuActivations Activations;

    /// <summary>Sums of each segment apart; used unless <see cref="Direct"/>.</summary>
    public GpuPartials Partials;

    public GpuTotals Totals;

    /// <summary>1 when the run is one segment and a whole batch: then b1, w2 and b2 are updated at once.</summary>
    public int Direct;

    /// <summary>1 when the run is the first of its epoch: totals start from 0.</summary>
    public int OpensEpoch;

    /// <summary>The ILGPU kernel; groups: slots times segments, segments the fastest.</summary>
    public static void Kernel(OutputPassGpu job)
    {
        ArrayView<float> deltas = SharedMemory.Allocate<float>(HiddenBackwardGpu.Segment);
        ArrayView<float> sumsW2 = SharedMemory.Allocate<float>(Threads), sumsB1 = SharedMemory.Allocate<float>(Threads);
        ArrayView<int> counts = SharedMemory.Allocate<int>(Threads);
        int segments = (job.Images.Rows + HiddenBackwardGpu.Segment - 1) / HiddenBackwardGpu.Segment;
        int index = Grid.IdxX / segments, segment = Grid.IdxX - (index * segments), thread = Group.IdxX;
        int firstRow = segment * HiddenBackwardGpu.Segment, rows = Math.Min(HiddenBackwardGpu.Segment, job.Images.Rows - firstRow);
        var slot = new GpuSlot(job.Cohort, index);
        var sums = new OutputSums(0f, 0f, 0);
        float bias = job.Cohort.B2[index];
        for (int row = thread; row < rows; row += Threads)
        {
            float logit = OutputForwardGpu.Logit(job.Cohort, job.Activations, slot, firstRow + row) + bias;
            OutputSums own = OutputSums.Of(logit, job.Images.Labels[job.Images.First + firstRow + row], job.Images.BatchRows);
            deltas[row] = own.Delta;
            sums = sums.Add(own);
        }

        // The tree's barriers also show every thread all of the deltas.
        sums = OutputSums.Tree(sumsW2, sumsB1, counts, thread, sums);
        GpuGroup.Barrier();
        for (int first = 0; first < slot.Hidden; first += 16)
        {
            OutputBackwardGpu.Sum(job.Cohort, job.Activations, slot, firstRow, rows, first, thread, deltas, sumsW2, sumsB1);
            if (thread < 16 && first + thread < slot.Hidden)
                StoreColumn(job, segment, slot.Column + first + thread, OutputBackwardGpu.Share(sumsW2, thread), OutputBackwardGpu.Share(sumsB1, thread));
            GpuGroup.Barrier();
        }
        if (thread == 0)
            StoreSlot(job, segment, index, rows, sums);
    }

    private static void StoreColumn(OutputPassGpu job, int segment, int column, float gradW2, float gradB1)
    {
        if (job.Direct != 0)
        {
            float rate = job.Cohort.ColumnRates[column], w2 = job.Cohort.W2[column];
            job.Cohort.W2[column] = UpdateGpu.Step(rate, gradW2, w2, job.Cohort.WeightDecay);
            job.Cohort.B1[column] = UpdateGpu.Step(rate, gradB1, job.Cohort.B1[column], 0f);
            return;
        }
        int place = (segment * job.Cohort.B1.IntLength) + column;
        job.Partials.W2[place] = gradW2;
        job.Partials.B1[place] = gradB1;
    }

    private static void StoreSlot(OutputPassGpu job, int segment, int index, int rows, OutputSums sums)
    {
        if (job.Direct != 0)
        {
            job.Cohort.B2[index] = UpdateGpu.Step(job.Cohort.SlotRates[index], sums.Delta, job.Cohort.B2[index], 0f);
            if (job.OpensEpoch != 0)
                job.Totals.Clear(index);
            job.Totals.Add(index, sums.Loss, sums.Counts, rows);
            return;
        }
        int place = (segment * job.Cohort.B2.IntLength) + index;
        job.Partials.B2[place] = sums.Delta;
        job.Partials.Loss[place] = sums.Loss;
        job.Partials.Counts[place] = sums.Counts;
    }
}

/// <summary>What each segment of images adds, one segment after the other.</summary>
public struct GpuPartials
{
    /// <summary>As W1.</summary>
    public ArrayView<float> W1;

    /// <summary>One value a column.</summary>
    public ArrayView<float> B1, W2;

    /// <summary>One value a slot: db2, loss.</summary>
    public ArrayView<float> B2, Loss;

    /// <summary>One word a slot: three counts, ten bits each.</summary>
    public ArrayView<int> Counts;
}
