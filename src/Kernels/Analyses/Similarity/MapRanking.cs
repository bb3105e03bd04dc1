using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>Ranks one map on a CPU.</summary>
/// <remarks>
/// Levels rise with magnitudes, so pixels are first dealt out by the upper bits of theirs and then put in order by insertion, which is
/// little work where few share a place. Where many do, one pixel far above all others, they are sorted as numbers.
/// </remarks>
internal static unsafe class MapRanking
{
    /// <summary>Runs of levels that pixels are dealt out to.</summary>
    public const int LevelRuns = (SimilarityMath.Most + 1) >> RunBits;

    private const int RunBits = 6;

    // Insertion moves a quarter of the squares' sum; beyond so many moves a pixel another sort is faster.
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
        int zeros = Sort<T>(inputs, work);
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

    // Pixels of 0 come first and are only counted.
    private static int Sort<T>(int inputs, in MapWork work)
        where T : unmanaged, ILanes<T>
    {
        int* counts = work.Counts, places = work.Levels, keys = work.Keys;
        new Span<int>(counts, MapWork.Places).Clear();

        // The place of a pixel takes the place of its level: 0 for a zero, else its run of levels and one more.
        T one = T.BroadcastBits(1);
        for (int i = 0; i < inputs; i += LaneMask.Lanes)
        {
            T key = T.Load((float*)(keys + i)), isSet = T.SubtractInts(key, T.MaxInts(T.SubtractInts(key, one), T.Zero));
            T.Store(T.AddInts(T.ShiftRightInts(T.Load((float*)(places + i)), RunBits), isSet), (float*)(places + i));
        }
        for (int i = 0; i < inputs; i++)
            counts[places[i]]++;
        int zeros = counts[0], next = 0;
        long moves = 0;
        for (int place = 0; place < MapWork.Places; place++)
        {
            int count = counts[place];
            counts[place] = next;
            next += count;
            moves += place == 0 ? 0 : (long)count * count;
        }
        ulong* entries = work.Entries;
        for (int i = 0; i < inputs; i++)
            entries[counts[places[i]]++] = ((ulong)(uint)keys[i] << 32) | (uint)i;
        if (moves > (long)MostMoves * inputs)
            new Span<ulong>(entries + zeros, inputs - zeros).Sort();
        else
            Insert(entries + zeros, inputs - zeros);
        return zeros;
    }

    private static void Insert(ulong* entries, int count)
    {
        for (int i = 1; i < count; i++)
        {
            ulong entry = entries[i];
            int place = i;
            for (; place > 0 && entries[place - 1] > entry; place--)
                entries[place] = entries[place - 1];
            entries[place] = entry;
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
