using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>A ranked map beside another, a group a pair; see <see cref="SimilarityOperation"/>.</summary>
internal struct CompareMapsGpu
{
    public const int Threads = GroupSort.Threads;

    /// <summary>The maps that were there; takes the comparisons.</summary>
    public RankedViews Ranked;

    /// <summary>Those beside them, one a group.</summary>
    public RankedViews Beside;

    /// <summary>The map of the first group.</summary>
    public int First;

    /// <summary>Of <see cref="SimilarityMath"/>.</summary>
    public long C1, C2;

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(CompareMapsGpu job)
    {
        ArrayView<long> sums = SharedMemory.Allocate<long>(Threads);
        int group = Grid.IdxX, thread = Group.IdxX;
        MapShape shape = job.Ranked.Shape;
        int inputs = shape.Rows * shape.Columns;
        long a = (long)(job.First + group) * shape.Ints, b = (long)group * shape.Ints;
        long ranks = 0, top = 0, windows = 0;
        for (int i = thread; i < inputs; i += Threads)
        {
            int x = job.Ranked.Words[a + i], y = job.Beside.Words[b + i];
            ranks = GpuMath.MultiplyAdd(ranks, x >> 1, y >> 1);
            top += x & y & 1;
        }
        int across = shape.Columns - shape.Width + 1, count = (shape.Rows - shape.Height + 1) * across;
        for (int window = thread; window < count; window += Threads)
        {
            int row = window / across;
            windows += Window(job, a + shape.Ranks, b + shape.Ranks, (row * shape.Pitch) + window - (row * across));
        }
        ranks = GroupSums.Sum(sums, thread, ranks);
        top = GroupSums.Sum(sums, thread, top);
        windows = GroupSums.Sum(sums, thread, windows);
        if (thread == 0)
        {
            MapFacts first = job.Ranked.Facts[job.First + group], second = job.Beside.Facts[group];
            bool isFinite = first.Top >= 0 && second.Top >= 0;
            job.Ranked.Pairs[job.First + group] = new MapComparison
            {
                First = first,
                Second = second,
                Ranks = isFinite ? ranks : 0,
                Windows = isFinite ? windows : 0,
                Top = isFinite ? top : 0,
            };
        }
    }

    // A window's similarity in units; place is its first pixel's.
    private static int Window(CompareMapsGpu job, long a, long b, int place)
    {
        MapShape shape = job.Ranked.Shape;
        long sumA = 0, sumB = 0, squares = 0, cross = 0;
        for (int row = 0; row < shape.Height; row++)
        {
            for (int column = 0; column < shape.Width; column++)
            {
                int pixel = place + (row * shape.Pitch) + column, x = job.Ranked.Words[a + pixel], y = job.Beside.Words[b + pixel];
                sumA += x;
                sumB += y;
                squares += Product(x, x) + Product(y, y);
                cross += Product(x, y);
            }
        }
        long scale = (shape.Height * shape.Width) << SimilarityMath.ProductBits;
        long product = sumA * sumB, both = (sumA * sumA) + (sumB * sumB);
        return SimilarityMath.Quotient(
            (2 * product) + job.C1, (2 * ((scale * cross) - product)) + job.C2, both + job.C1, (scale * squares) - both + job.C2);
    }

    private static int Product(int x, int y) => ((x * y) + SimilarityMath.ProductHalf) >> SimilarityMath.ProductBits;
}
