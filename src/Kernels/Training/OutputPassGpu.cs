using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// Logits, loss, counts and q = rint((prediction - y) 8,355,711), then in training gate q in place of Z; a group a model and part of the
/// images, which it takes <see cref="ChunkSchedule.ChunkRows"/> at a time, a thread an image.
/// </summary>
internal struct OutputPassGpu<TLoss>
    where TLoss : struct, ILoss
{
    public const int Threads = ChunkSchedule.ChunkRows;

    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>Z of the run; gate q afterwards when <see cref="Gates"/>.</summary>
    public GpuActivations Activations;

    /// <summary>One flag a slot.</summary>
    public ArrayView<int> Failed;

    public GpuTotals Totals;

    public GpuParts Parts;

    /// <summary>1 in training; 0 leaves Z alone and keeps q in <see cref="Values"/>.</summary>
    public int Gates;

    /// <summary>[slot, ValueStride]: q as floats; for runs of one chunk.</summary>
    public ArrayView<float> Values;

    public int ValueStride;

    /// <summary>1 when the run is the first of its epoch, of its batch: sums start from 0.</summary>
    public int OpensEpoch, OpensBatch;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Cohort.B2.IntLength * Parts.Count);

    /// <summary>The ILGPU kernel; parts the fastest, then slots.</summary>
    public static void Kernel(OutputPassGpu<TLoss> job)
    {
        ArrayView<long> shared = SharedMemory.Allocate<long>(3 * Threads);
        ArrayView<int> counts = SharedMemory.Allocate<int>(3 * Threads), deltas = SharedMemory.Allocate<int>(Threads);
        int index = Grid.IdxX / job.Parts.Count, part = Grid.IdxX - (index * job.Parts.Count), thread = Group.IdxX;
        int firstRow = job.Parts.First(part), end = job.Parts.First(part + 1);
        var slot = new GpuSlot(job.Cohort, index);
        int failed = job.Failed[index];
        var sums = default(OutputSums);
        for (int chunk = firstRow; chunk < end; chunk += Threads)
        {
            int row = chunk + thread;
            if (row < end)
            {
                float logit = OutputForwardGpu.Logit(job.Cohort, job.Activations, slot, index, failed, row);
                float label = job.Images.Labels[job.Images.First + row];
                OutputSums own = OutputSums.Of<TLoss>(logit, label, job.Cohort.Learning.ClassScale(index, label), failed != 0);
                deltas[thread] = (int)own.Delta;
                sums = sums.Add(own);
                if (job.Gates == 0)
                    job.Values[(index * job.ValueStride) + row] = own.Delta;
            }
            if (job.Gates == 0)
                continue;
            GpuGroup.Barrier();
            int rows = Math.Min(Threads, end - chunk);
            for (int item = thread; item < rows * slot.Hidden; item += Threads)
                OutputBackwardGpu.Gate(job.Activations, slot, chunk + (item / slot.Hidden), item % slot.Hidden, deltas[item / slot.Hidden]);
            GpuGroup.Barrier();
        }
        sums = OutputSums.OfGroup(shared, counts, thread, Threads, sums);
        if (thread == 0)
            job.Totals.Add((part * job.Cohort.B2.IntLength) + index, sums, end - firstRow, job.OpensEpoch != 0, job.OpensBatch != 0);
    }
}
