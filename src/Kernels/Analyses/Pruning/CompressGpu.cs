using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// <see cref="CompressOperation"/> on a GPU: a group owns a model at one level, a thread a column, so that neighbouring threads
/// read neighbouring weights of a row.
/// </summary>
public struct CompressGpu
{
    public const int Threads = 64;

    public CohortViews Cohort;

    public SparseViews Sparse;

    /// <summary>As W1 and w2; any views without ranks.</summary>
    public ArrayView<int> RanksW1, RanksW2;

    /// <summary>0 keeps every weight that is not 0.</summary>
    public int HasRanks;

    /// <summary>A pass of <see cref="CompressOperation"/>.</summary>
    public int Pass;

    /// <summary>The ILGPU kernel; groups: levels times slots, slots the fastest.</summary>
    public static void Kernel(CompressGpu job)
    {
        int slots = job.Cohort.Slots.IntLength / 2, index = Grid.IdxX % slots, level = Grid.IdxX / slots;
        int columns = job.Cohort.B1.IntLength, outputs = job.Cohort.Outputs, inputs = job.Cohort.Inputs;
        var slot = new GpuSlot(job.Cohort, index);
        int limit = job.Sparse.Thresholds[2 * Grid.IdxX], limitW2 = job.Sparse.Thresholds[(2 * Grid.IdxX) + 1];
        for (int unit = Group.IdxX; unit < slot.Hidden; unit += Threads)
        {
            int column = slot.Column + unit, padded = (level * columns) + column, place = slot.Row(inputs, 0) + unit;
            if (job.Pass == CompressOperation.FillPass)
            {
                Fill(job, place, slot.Stride, limit, job.Sparse.Starts[padded]);
                continue;
            }
            job.Sparse.Counts[padded] = Count(job, place, slot.Stride, limit);
            job.Sparse.B1[padded] = job.Cohort.B1[column];
            for (int k = 0; k < outputs; k++)
            {
                int weight = (k * columns) + column;
                job.Sparse.W2[(level * outputs * columns) + weight] =
                    job.HasRanks != 0 && job.RanksW2[weight] < limitW2 ? 0f : job.Cohort.W2[weight];
            }
        }
        for (int k = Group.IdxX; k < outputs && job.Pass != CompressOperation.FillPass; k += Threads)
            job.Sparse.B2[(Grid.IdxX * outputs) + k] = job.Cohort.B2[(index * outputs) + k];
    }

    private static int Count(CompressGpu job, int place, int stride, int limit)
    {
        int count = 0;
        for (int d = 0; d < job.Cohort.Inputs; d++, place += stride)
            count += IsKept(job, place, limit) ? 1 : 0;
        return count;
    }

    private static void Fill(CompressGpu job, int place, int stride, int limit, int next)
    {
        for (int d = 0; d < job.Cohort.Inputs; d++, place += stride)
        {
            if (!IsKept(job, place, limit))
                continue;
            job.Sparse.Index[next] = (ushort)d;
            job.Sparse.Value[next] = job.Cohort.W1[place];
            next++;
        }
    }

    private static bool IsKept(CompressGpu job, int place, int limit) =>
        job.Cohort.W1[place] != 0f && (job.HasRanks == 0 || job.RanksW1[place] >= limit);
}
