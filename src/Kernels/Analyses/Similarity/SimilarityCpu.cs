using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>A map an item: it is ranked where it is to stay, or in the thread's own memory and then compared.</summary>
internal unsafe struct SimilarityCpu : ICpuJob
{
    /// <summary>[slot, N, D].</summary>
    public ArrayView<float> Maps;

    public RankedViews Ranked;

    public int MapCount, IsComparison;

    public static int AtOnce => 8;

    public readonly int Items => MapCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        MapShape shape = Ranked.Shape;
        float* map = BlockPointers.Pointer(Maps) + ((long)item * shape.Inputs);
        int* ranked = BlockPointers.Pointer(Ranked.Words) + ((long)item * shape.Ints);
        var work = new MapWork(shape);
        if (IsComparison == 0)
        {
            Ranked.Facts[item] = MapRanking.Rank<T>(map, shape, work, ranked);
            MapWindows.Sums<T>(shape, work, ranked);
            return;
        }
        MapComparison pair = new()
        {
            First = Ranked.Facts[item],
            Second = MapRanking.Rank<T>(map, shape, work, work.Ranked),
        };
        if (pair.First.IsFinite && pair.Second.IsFinite)
        {
            (pair.Ranks, pair.Top) = Products<T>(ranked, work.Ranked, shape.Ranks);
            MapWindows.Sums<T>(shape, work, work.Ranked);
            pair.Windows = MapWindows.Compare<T>(shape, work, ranked, work.Ranked);
        }
        Ranked.Pairs[item] = pair;
    }

    // Sum of products of the deviations, and the pixels that are in both tops.
    private static (long Ranks, long Top) Products<T>(int* a, int* b, int count)
        where T : unmanaged, ILanes<T>
    {
        T one = T.BroadcastBits(1), even = T.Zero, odd = T.Zero, both = T.Zero;
        for (int i = 0; i < count; i += LaneMask.Lanes)
        {
            T x = T.Load((float*)(a + i)), y = T.Load((float*)(b + i));
            both = T.AddInts(both, T.And(T.And(x, y), one));
            x = T.ShiftRightInts(x, 1);
            y = T.ShiftRightInts(y, 1);
            even = T.AddLongs(even, T.MultiplyEvenInts(x, y));
            odd = T.AddLongs(odd, T.MultiplyOddInts(x, y));
        }
        long* sums = stackalloc long[LaneMask.Lanes / 2];
        T.Store(T.AddLongs(even, odd), (float*)sums);
        int* tops = stackalloc int[LaneMask.Lanes];
        T.Store(both, (float*)tops);
        long ranks = 0, top = 0;
        for (int lane = 0; lane < LaneMask.Lanes; lane++)
        {
            ranks += lane < LaneMask.Lanes / 2 ? sums[lane] : 0;
            top += tops[lane];
        }
        return (ranks, top);
    }
}

/// <summary>Working memory of a thread for one map, taken anew for each: nothing in it outlives the map.</summary>
internal readonly unsafe struct MapWork
{
    // Rows of sums are read a window's width behind their end.
    private const int Slack = 2 * LaneMask.Lanes;

    public MapWork(in MapShape shape)
    {
        int padded = shape.Ranks + Slack, grid = (shape.Rows * shape.Pitch) + Slack;
        byte* memory = ThreadScratch.Take((sizeof(ulong) * (long)padded)
            + (sizeof(int) * ((4L * padded) + MapRanking.Places + (2L * grid) + shape.Pitch + Slack + shape.Ints + Slack)));
        Entries = (ulong*)memory;
        Keys = (int*)(Entries + padded);
        Levels = Keys + padded;
        Set = Levels + padded;
        Dealt = Set + padded;
        Products = Dealt + padded;
        Cross = Products + grid;
        Column = Cross + grid;
        Ranked = Column + shape.Pitch + Slack;
        Places = Ranked + shape.Ints + Slack;
    }

    /// <summary>Pixels in order: a magnitude above the number of its pixel.</summary>
    public ulong* Entries { get; }

    /// <summary>Magnitudes by pixel, as bits; zeros behind the last.</summary>
    public int* Keys { get; }

    /// <summary>Levels by pixel.</summary>
    public int* Levels { get; }

    /// <summary>Pixels that are not 0, ascending, and in the order of a digit.</summary>
    public int* Set { get; }

    /// <inheritdoc cref="Set"/>
    public int* Dealt { get; }

    /// <summary>[Rows, Pitch], of one map or two.</summary>
    public int* Products { get; }

    /// <summary>[Rows, Pitch]: P of two maps.</summary>
    public int* Cross { get; }

    /// <summary>Sums down the columns.</summary>
    public int* Column { get; }

    /// <summary>A map that is compared and not kept.</summary>
    public int* Ranked { get; }

    /// <summary>Where the next pixel of each digit goes.</summary>
    public int* Places { get; }
}
