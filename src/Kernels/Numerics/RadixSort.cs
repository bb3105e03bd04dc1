namespace GpuMlp.Kernels.Numerics;

/// <summary>Sorts numbers of 64 bits by their upper 32, digit by digit on a CPU: in time that grows as their number does.</summary>
internal static class RadixSort
{
    private const int DigitBits = 8, Digits = 1 << DigitBits, FirstBit = 32, EndBit = 64;

    /// <returns>Either of the two memories: the one that has the result, those with the same upper half in the order they came.</returns>
    /// <param name="entries">Are not kept.</param>
    /// <param name="spare">As long.</param>
    public static Span<ulong> ByUpperHalf(Span<ulong> entries, Span<ulong> spare)
    {
        Span<int> places = stackalloc int[Digits];
        for (int bit = FirstBit; bit < EndBit; bit += DigitBits)
        {
            places.Clear();
            foreach (ulong entry in entries)
                places[(byte)(entry >> bit)]++;
            if (entries.Length == 0 || places[(byte)(entries[0] >> bit)] == entries.Length)
                continue;
            int next = 0;
            foreach (ref int place in places)
                (place, next) = (next, next + place);
            foreach (ulong entry in entries)
                spare[places[(byte)(entry >> bit)]++] = entry;
            Span<ulong> sorted = spare;
            spare = entries;
            entries = sorted;
        }
        return entries;
    }
}
