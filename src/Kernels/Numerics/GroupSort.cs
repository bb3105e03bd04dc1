using ILGPU;

namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// A group's threads sort numbers of 32 bits with an index beside each: a stable radix sort, four bits a pass from the lowest, eight
/// passes, counters in shared memory.
/// </summary>
/// <remarks>
/// Each thread owns a run of consecutive places. It counts the digits of its run; a scan over digits, and within a digit
/// over threads, gives each thread the places of its elements; it then moves them in order. Nothing depends on which thread
/// is faster, and equal keys stay in the order in which they were.
/// </remarks>
internal static class GroupSort
{
    public const int Threads = 256;

    private const int DigitBits = 4, Digits = 1 << DigitBits;

    /// <summary>Numbers of shared memory for counting.</summary>
    public const int Counters = Digits * Threads;

    /// <summary>Sorts a range of the first halves of both arrays; their second halves are working memory.</summary>
    /// <param name="start">The range's first place.</param>
    /// <param name="begin">The run of places that this thread owns, as many for each thread but the last ones, and its end.</param>
    /// <param name="counters">Shared, <see cref="Counters"/>.</param>
    /// <param name="totals">Shared, <see cref="Threads"/>.</param>
    public static void Sort(
        ArrayView<uint> keys, ArrayView<int> indices,
        int start, int begin, int end, int thread, ArrayView<int> counters, ArrayView<int> totals)
    {
        int from = 0, to = keys.IntLength / 2;
        for (int shift = 0; shift < 32; shift += DigitBits)
        {
            Pass(keys, indices, from, to, start, begin, end, shift, thread, counters, totals);
            to = from;
            from = (keys.IntLength / 2) - to;
        }
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

    /// <summary>
    /// The first of the equal keys around a place of a sorted range, by bisection: a run may begin in the middle of a tie.
    /// </summary>
    public static int FirstOf(ArrayView<uint> keys, int start, int place)
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

    /// <summary>The place behind the last of the equal keys around a place, likewise.</summary>
    public static int EndOf(ArrayView<uint> keys, int place, int end)
    {
        uint key = keys[place];
        int low = place + 1, high = end;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (keys[middle] > key)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
