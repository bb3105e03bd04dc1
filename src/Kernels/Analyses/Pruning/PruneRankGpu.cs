using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// rank[i] = number of weights that go strictly before weight i; see <see cref="PruneRankOperation"/>. A group sorts one
/// model: a stable radix sort, four bits a pass from the lowest, eight passes, counters in shared memory.
/// </summary>
/// <remarks>
/// Each thread owns a run of consecutive places. It counts the digits of its run; a scan over digits, and within a digit
/// over threads, gives each thread the places of its elements; it then moves them in order. Nothing depends on which thread
/// is faster, and equal keys stay in the order of the weights' indices.
/// </remarks>
internal struct PruneRankGpu<TScore>
    where TScore : struct, IPruneScore
{
    public const int Threads = 256;

    private const int DigitBits = 4, Digits = 1 << DigitBits;

    public CohortViews Cohort;

    public PruneViews Ranks;

    /// <summary>
    /// Keys and weight indices, [(D + 1) * column] onwards for the model that starts at a column; two of each, half a length apart.
    /// </summary>
    public ArrayView<uint> Keys;

    public ArrayView<int> Indices;

    /// <summary>1: W1 and w2 are ranked together.</summary>
    public int IsTogether;

    public static PruneRankGpu<TScore> Of(GpuDevice device, PruneRankJob job, bool isTogether)
    {
        CohortViews cohort = job.Cohort.Cohort;
        long weights = (cohort.Inputs + 1L) * cohort.B1.Length;
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
        ArrayView<int> counters = SharedMemory.Allocate<int>(Digits * Threads), totals = SharedMemory.Allocate<int>(Threads);
        int index = Grid.IdxX, thread = Group.IdxX, inputs = job.Cohort.Inputs;
        var slot = new GpuSlot(job.Cohort, index);
        int start = (inputs + 1) * slot.Column, first = inputs * slot.Hidden, all = first + slot.Hidden;
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
        return row < cohort.Inputs ? cohort.W1[slot.Row(cohort.Inputs, row) + unit] : cohort.W2[slot.Column + unit];
    }

    // Sorts the places start .. start + count - 1 and numbers the weights that are found there.
    private static void Rank(
        PruneRankGpu<TScore> job, GpuSlot slot, int start, int count, int first, int thread, ArrayView<int> counters, ArrayView<int> totals)
    {
        int run = (count + Threads - 1) / Threads, begin = start + Math.Min(thread * run, count), end = start
            + Math.Min((thread + 1) * run, count);
        int from = 0, to = job.Keys.IntLength / 2;
        for (int shift = 0; shift < 32; shift += DigitBits)
        {
            Pass(job.Keys, job.Indices, from, to, start, begin, end, shift, thread, counters, totals);
            to = from;
            from = (job.Keys.IntLength / 2) - to;
        }
        int rank = begin < end && TScore.TiesShare ? FirstOf(job.Keys, start, begin) - start : 0;
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
                job.Ranks.RanksW2[slot.Column + weight - first] = rank;
            }
        }
        GpuGroup.Barrier();
    }

    private static void Pass(
        ArrayView<uint> keys, ArrayView<int> indices, int from, int to,
        int start, int begin, int end, int shift, int thread, ArrayView<int> counters, ArrayView<int> totals)
    {
        for (int digit = 0; digit < Digits; digit++)
            counters[(digit * Threads) + thread] = 0;
        for (int place = from + begin; place < from + end; place++)
            counters[((int)((keys[place] >> shift) & (Digits - 1)) * Threads) + thread]++;
        GpuGroup.Barrier();
        Scan(counters, totals, thread);
        for (int place = from + begin; place < from + end; place++)
        {
            uint key = keys[place];
            int counter = ((int)((key >> shift) & (Digits - 1)) * Threads) + thread, target = to + start + GpuGroup.Keep(counters[counter]);
            counters[counter]++;
            keys[target] = key;
            indices[target] = indices[place];
        }
        GpuGroup.Barrier();
    }

    // Exclusive sums over all counters: each thread scans sixteen, the totals are scanned by doubling.
    private static void Scan(ArrayView<int> counters, ArrayView<int> totals, int thread)
    {
        int sum = 0, mine = thread * Digits;
        for (int i = 0; i < Digits; i++)
        {
            int value = GpuGroup.Keep(counters[mine + i]);
            counters[mine + i] = sum;
            sum += value;
        }
        totals[thread] = sum;
        GpuGroup.Barrier();
        for (int distance = 1; distance < Threads; distance *= 2)
        {
            int before = GpuGroup.Keep(thread >= distance ? totals[thread - distance] : 0);
            GpuGroup.Barrier();
            totals[thread] += before;
            GpuGroup.Barrier();
        }
        int offset = GpuGroup.Keep(totals[thread]) - sum;
        for (int i = 0; i < Digits; i++)
            counters[mine + i] += offset;
        GpuGroup.Barrier();
    }

    // The first of the equal keys around a place, by bisection: a run may begin in the middle of a tie.
    private static int FirstOf(ArrayView<uint> keys, int start, int place)
    {
        uint key = keys[place];
        int low = start, high = place;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (keys[middle] < key)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
