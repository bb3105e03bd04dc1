using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>Ranks and levels of a map, a group a map; see <see cref="SimilarityOperation"/>.</summary>
internal struct RankMapsGpu
{
    public const int Threads = GroupSort.Threads;

    /// <summary>[slot, N, D].</summary>
    public ArrayView<float> Maps;

    /// <summary>Takes ranks, levels and facts.</summary>
    public RankedViews Ranked;

    /// <summary>Two halves of D numbers a map.</summary>
    public ArrayView<uint> Keys;

    public ArrayView<int> Indices;

    /// <summary>The map of the first group, and where it is put.</summary>
    public int First, FirstRanked;

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(RankMapsGpu job)
    {
        ArrayView<int> counters = SharedMemory.Allocate<int>(GroupSort.Counters), totals = SharedMemory.Allocate<int>(Threads);
        ArrayView<long> sums = SharedMemory.Allocate<long>(Threads);
        int group = Grid.IdxX, thread = Group.IdxX;
        MapShape shape = job.Ranked.Shape;
        int inputs = shape.Rows * shape.Columns, start = group * inputs;
        long map = (long)(job.First + group) * inputs, target = (long)(job.FirstRanked + group) * shape.Ints;
        int largest = 0;
        for (int i = thread; i < inputs; i += Threads)
        {
            int key = (int)(GpuMath.Bits(job.Maps[map + i]) & 0x7FFFFFFF);
            job.Keys[start + i] = (uint)key;
            job.Indices[start + i] = i;
            largest = Math.Max(largest, key);
        }
        largest = GroupSums.Largest(totals, thread, largest);
        float most = Interop.IntAsFloat((uint)largest), lift = SimilarityMath.Lift(most), scale = SimilarityMath.Scale(most);
        for (int i = thread; i < inputs; i += Threads)
        {
            int row = i / shape.Columns, place = shape.Ranks + (row * shape.Pitch) + i - (row * shape.Columns);
            job.Ranked.Words[target + place] = largest >= SimilarityMath.Infinity
                ? 0 : SimilarityMath.Level(Interop.IntAsFloat(job.Keys[start + i]), lift, scale);
        }
        int run = (inputs + Threads - 1) / Threads, begin = start + Math.Min(thread * run, inputs);
        int end = start + Math.Min((thread + 1) * run, inputs);
        GroupSort.Sort(job.Keys, job.Indices, start, begin, end, thread, counters, totals);
        Number(job, start, begin, end, target, largest, thread, sums);
    }

    // As MapRanking does, for the places of a thread.
    private static void Number(
        RankMapsGpu job, int start, int begin, int end, long target, int largest, int thread, ArrayView<long> sums)
    {
        MapShape shape = job.Ranked.Shape;
        int inputs = shape.Rows * shape.Columns, top = SimilarityMath.Top(inputs), first = 0, last = 0;
        long variance = 0, inTop = 0;
        for (int place = begin; place < end; place++)
        {
            if (place >= last)
            {
                first = place == begin ? GroupSort.FirstOf(job.Keys, start, place) : place;
                last = GroupSort.EndOf(job.Keys, place, start + inputs);
            }
            int deviation = first + last - (2 * start) - inputs;
            int isTop = job.Keys[place] != 0 && start + inputs - last + place - first < top ? 1 : 0;
            job.Ranked.Words[target + job.Indices[place]] = (2 * deviation) + isTop;
            variance += (long)deviation * deviation;
            inTop += isTop;
        }
        variance = GroupSums.Sum(sums, thread, variance);
        inTop = GroupSums.Sum(sums, thread, inTop);
        if (thread == 0)
        {
            job.Ranked.Facts[job.FirstRanked + Grid.IdxX] = new MapFacts
            {
                Variance = largest >= SimilarityMath.Infinity ? 0 : variance,
                Top = largest >= SimilarityMath.Infinity ? -1 : inTop,
            };
        }
    }
}
