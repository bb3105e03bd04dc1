using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// rank[i] = number of weights that go strictly before weight i; see <see cref="PruneRankOperation"/>. A group sorts one
/// model (<see cref="GroupSort"/>): equal keys stay in the order of the weights' indices.
/// </summary>
internal struct PruneRankGpu<TScore>
    where TScore : struct, IPruneScore
{
    public const int Threads = GroupSort.Threads;

    public CohortViews Cohort;

    public PruneViews Ranks;

    /// <summary>
    /// Keys and weight indices, [(D + O) * column] onwards for the model that starts at a column; two of each, half a length apart.
    /// </summary>
    public ArrayView<uint> Keys;

    public ArrayView<int> Indices;

    /// <summary>1: W1 and w2 are ranked together.</summary>
    public int IsTogether;

    public static PruneRankGpu<TScore> Of(GpuDevice device, PruneRankJob job, bool isTogether)
    {
        CohortViews cohort = job.Cohort.Cohort;
        long weights = ((long)cohort.Inputs + cohort.Outputs) * cohort.B1.Length;
        return new PruneRankGpu<TScore>
        {
            Cohort = cohort,
            Ranks = job.Ranks.Views,
            Keys = device.Workspace.Take<uint>("keys", 2 * weights),
            Indices = device.Workspace.Take<int>("key indices", 2 * weights),
            IsTogether = isTogether ? 1 : 0,
        };
    }

    /// <summary>The ILGPU kernel; a group a slot.</summary>
    public static void Kernel(PruneRankGpu<TScore> job)
    {
        ArrayView<int> counters = SharedMemory.Allocate<int>(GroupSort.Counters), totals = SharedMemory.Allocate<int>(Threads);
        int index = Grid.IdxX, thread = Group.IdxX, inputs = job.Cohort.Inputs;
        var slot = new GpuSlot(job.Cohort, index);
        int outputs = job.Cohort.Outputs, start = (inputs + outputs) * slot.Column;
        int first = inputs * slot.Hidden, all = first + (outputs * slot.Hidden);
        for (int i = thread; i < all; i += Threads)
        {
            job.Keys[start + i] = TScore.Key(job.Ranks.Origin, index, i, Weight(job.Cohort, slot, i));
            job.Indices[start + i] = i;
        }
        GpuGroup.Barrier();

        // W1 and then w2, or both together. One text for both: every barrier in it costs an OpenCL compiler on a CPU dearly.
        int count = job.IsTogether != 0 ? all : first;
        for (int done = 0; done < all; done += count, count = all - done)
            Rank(job, slot, start + done, count, first, thread, counters, totals);
    }

    private static float Weight(CohortViews cohort, GpuSlot slot, int i)
    {
        int row = i / slot.Hidden, unit = i - (row * slot.Hidden);
        return row < cohort.Inputs
            ? cohort.W1[slot.Row(cohort.Inputs, row) + unit]
            : cohort.W2[((row - cohort.Inputs) * cohort.B1.IntLength) + slot.Column + unit];
    }

    // Sorts the places start .. start + count - 1 and numbers the weights that are found there.
    private static void Rank(
        PruneRankGpu<TScore> job, GpuSlot slot, int start, int count, int first, int thread, ArrayView<int> counters, ArrayView<int> totals)
    {
        int run = (count + Threads - 1) / Threads, begin = start + Math.Min(thread * run, count), end = start
            + Math.Min((thread + 1) * run, count);
        GroupSort.Sort(job.Keys, job.Indices, start, begin, end, thread, counters, totals);
        int rank = begin < end && TScore.TiesShare ? GroupSort.FirstOf(job.Keys, start, begin) - start : 0;
        for (int place = begin; place < end; place++)
        {
            if (!TScore.TiesShare || (place > begin && job.Keys[place] != job.Keys[place - 1]))
                rank = place - start;
            int weight = job.Indices[place];
            if (weight < first)
            {
                int row = weight / slot.Hidden;
                job.Ranks.RanksW1[slot.Row(job.Cohort.Inputs, row) + weight - (row * slot.Hidden)] = rank;
            }
            else
            {
                int row = (weight - first) / slot.Hidden;
                job.Ranks.RanksW2[(row * job.Cohort.B1.IntLength) + slot.Column + weight - first - (row * slot.Hidden)] = rank;
            }
        }
        GpuGroup.Barrier();
    }
}
