using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>Ranks one map on a CPU.</summary>
/// <remarks>
/// Levels rise with magnitudes, so pixels are sorted by them, digit by digit, and those that share a level are put in order by insertion.
/// Where many do, because one pixel is far above all others, they are sorted as numbers.
/// </remarks>
internal static unsafe class MapRanking
{
    /// <summary>Of the lower digit of a level and of the upper one.</summary>
    public const int Places = LowerPlaces + ((SimilarityMath.Most + 1) / LowerPlaces);

    private const int LowerPlaces = 256;

    // Beyond so many moves a pixel another sort is faster.
    private const int MostMoves = 16;

    /// <param name="map">[D], row-major.</param>
    /// <param name="ranked">Takes ranks and levels.</param>
    public static MapFacts Rank<T>(float* map, in MapShape shape, in MapWork work, int* ranked)
        where T : unmanaged, ILanes<T>
    {
        int inputs = shape.Inputs, largest = Keys<T>(map, inputs, shape.Ranks, work.Keys);
        if (largest >= SimilarityMath.Infinity)
            return MapFacts.NotFinite;
        Levels<T>(BitConverter.Int32BitsToSingle(largest), shape, work, ranked + shape.Ranks);
        int zeros = Sort(inputs, work);
        return Number(inputs, zeros, shape.Ranks, work.Entries, ranked);
    }

    // Magnitudes as integers, which sort as the numbers do; the largest one.
    private static int Keys<T>(float* map, int inputs, int padded, int* keys)
        where T : unmanaged, ILanes<T>
    {
        T magnitude = T.BroadcastBits(0x7FFFFFFF), most = T.Zero;
        int i = 0;
        for (; i + LaneMask.Lanes <= inputs; i += LaneMask.Lanes)
        {
            T key = T.And(T.Load(map + i), magnitude);
            most = T.MaxInts(most, key);
            T.Store(key, (float*)(keys + i));
        }
        int* lanes = stackalloc int[LaneMask.Lanes];
        T.Store(most, (float*)lanes);
        int largest = 0;
        for (int lane = 0; lane < LaneMask.Lanes; lane++)
            largest = Math.Max(largest, lanes[lane]);
        for (; i < inputs; i++)
        {
            keys[i] = BitConverter.SingleToInt32Bits(map[i]) & 0x7FFFFFFF;
            largest = Math.Max(largest, keys[i]);
        }

        // Levels are made in whole vectors, from any row on.
        new Span<int>(keys + inputs, padded + LaneMask.Lanes - inputs).Clear();
        return largest;
    }

    // By pixel, and row by row with zeros behind each row's end.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Levels<T>(float largest, in MapShape shape, in MapWork work, int* rows)
        where T : unmanaged, ILanes<T>
    {
        T lift = T.Broadcast(SimilarityMath.Lift(largest)), scale = T.Broadcast(SimilarityMath.Scale(largest));
        for (int i = 0; i < shape.Ranks; i += LaneMask.Lanes)
        {
            T level = T.RoundToInts(T.Multiply(T.Multiply(T.Load((float*)(work.Keys + i)), lift), scale));
            T.Store(level, (float*)(work.Levels + i));
        }
        new Span<int>(work.Levels + shape.Ranks, LaneMask.Lanes).Clear();
        for (int row = 0; row < shape.Rows; row++)
        {
            for (int column = 0; column < shape.Columns; column += LaneMask.Lanes)
            {
                T mask = T.Load(LaneMask.First(Math.Min(LaneMask.Lanes, shape.Columns - column)));
                T level = T.And(T.Load((float*)(work.Levels + (row * shape.Columns) + column)), mask);
                T.Store(level, (float*)(rows + (row * shape.Pitch) + column));
            }
        }
    }

    // Pixels of 0 come first and are only counted; the others are dealt out by the lower digit of their level, then by the upper one.
    private static int Sort(int inputs, in MapWork work)
    {
        int* keys = work.Keys, levels = work.Levels, set = work.Set, dealt = work.Dealt, lower = work.Places, upper = lower + LowerPlaces;
        int count = 0;
        for (int i = 0; i < inputs; i++)
        {
            // Written also where it is 0, and then written over: a branch that nobody foresees takes longer.
            set[count] = i;
            count += -keys[i] >>> 31;
        }
        new Span<int>(lower, Places).Clear();
        for (int i = 0; i < count; i++)
        {
            uint level = (uint)levels[set[i]];
            lower[level % LowerPlaces]++;
            upper[level / LowerPlaces]++;
        }
        CountsToStarts(lower, LowerPlaces);
        CountsToStarts(upper, Places - LowerPlaces);
        for (int i = 0; i < count; i++)
            dealt[lower[(uint)levels[set[i]] % LowerPlaces]++] = set[i];
        int zeros = inputs - count;
        ulong* entries = work.Entries + zeros;
        for (int i = 0; i < count; i++)
        {
            int pixel = dealt[i];
            entries[upper[(uint)levels[pixel] / LowerPlaces]++] = ((ulong)(uint)keys[pixel] << 32) | (uint)pixel;
        }
        Insert(entries, count);
        return zeros;
    }

    private static void CountsToStarts(int* counts, int places)
    {
        for (int place = 0, next = 0; place < places; place++)
            (counts[place], next) = (next, next + counts[place]);
    }

    private static void Insert(ulong* entries, int count)
    {
        long moves = (long)MostMoves * count;
        for (int i = 1; i < count; i++)
        {
            ulong entry = entries[i];
            if (entries[i - 1] < entry)
                continue;
            int place = i;
            for (; place > 0 && entries[place - 1] > entry; place--)
                entries[place] = entries[place - 1];
            entries[place] = entry;
            moves -= i - place;
            if (moves < 0)
            {
                new Span<ulong>(entries, count).Sort();
                return;
            }
        }
    }

    // Twice the rank less its mean, -(D - 1) .. D - 1, ties averaged; in the top the largest come first, and of a tie the first pixels.
    private static MapFacts Number(int inputs, int zeros, int padded, ulong* entries, int* ranks)
    {
        int deviation = zeros - inputs, top = SimilarityMath.Top(inputs);
        new Span<int>(ranks, inputs).Fill(2 * deviation);
        new Span<int>(ranks + inputs, padded - inputs).Clear();
        var facts = new MapFacts { Variance = (long)zeros * deviation * deviation };
        for (int first = zeros; first < inputs;)
        {
            int end = first + 1;
            while (end < inputs && entries[end] >> 32 == entries[first] >> 32)
                end++;
            deviation = first + end - inputs;
            facts.Variance += (long)(end - first) * deviation * deviation;
            int inTop = Math.Clamp(top - (inputs - end), 0, end - first);
            facts.Top += inTop;
            for (int i = first; i < end; i++)
                ranks[(uint)entries[i]] = (2 * deviation) + (i - first < inTop ? 1 : 0);
            first = end;
        }
        return facts;
    }
}
