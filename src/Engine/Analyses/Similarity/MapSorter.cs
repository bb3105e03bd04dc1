namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>Sorts the pixels of a map by magnitude; working memory that is reused for map after map.</summary>
/// <param name="inputs">D.</param>
internal sealed class MapSorter(int inputs)
{
    // Magnitudes of float32 are 31 bits that sort as integers: four digits of a radix sort, few enough values each that
    // counting them costs less than the pixels of a small image.
    private const int DigitBits = 8, Digits = 4, DigitValues = 1 << DigitBits;

    private readonly uint[] _keys = new uint[inputs];
    private readonly int[] _counts = new int[Digits * DigitValues], _order = new int[inputs];

    // A magnitude above the number of its pixel, so that a pass reads in order and looks nothing up.
    private ulong[] _entries = new ulong[inputs], _others = new ulong[inputs];

    /// <summary>The magnitudes, by pixel; they compare as integers.</summary>
    public ReadOnlySpan<uint> Keys => _keys;

    /// <summary>Pixels from the smallest magnitude to the largest, ties in ascending order.</summary>
    public ReadOnlySpan<int> Order => _order;

    /// <returns>False when a value is not finite; then nothing is sorted.</returns>
    public bool Sort(ReadOnlySpan<float> map)
    {
        const uint Infinity = 0x7F800000;
        Array.Clear(_counts);

        // Pixels of 0, of which maps times pixels and maps of pruned models have many, are in their place at once.
        int zeros = 0, count = 0;
        for (int i = 0; i < map.Length; i++)
        {
            uint key = BitConverter.SingleToUInt32Bits(map[i]) & 0x7FFFFFFF;
            if (key >= Infinity)
                return false;
            _keys[i] = key;
            if (key == 0)
            {
                _order[zeros++] = i;
                continue;
            }
            _entries[count++] = ((ulong)key << 32) | (uint)i;
            for (int digit = 0; digit < Digits; digit++)
                _counts[(digit * DigitValues) + Digit(key, digit)]++;
        }
        for (int digit = 0; digit < Digits; digit++)
        {
            Span<int> places = _counts.AsSpan(digit * DigitValues, DigitValues);
            int next = 0;
            for (int value = 0; value < DigitValues; value++)
                (places[value], next) = (next, next + places[value]);
            ReadOnlySpan<ulong> from = _entries.AsSpan(0, count);
            if (digit == Digits - 1)
            {
                Span<int> order = _order.AsSpan(zeros);
                foreach (ulong entry in from)
                    order[places[Digit((uint)(entry >> 32), digit)]++] = (int)(uint)entry;
                break;
            }
            Span<ulong> to = _others.AsSpan(0, count);
            foreach (ulong entry in from)
                to[places[Digit((uint)(entry >> 32), digit)]++] = entry;
            (_entries, _others) = (_others, _entries);
        }
        return true;
    }

    private static int Digit(uint key, int digit) => (int)(key >> (digit * DigitBits)) & (DigitValues - 1);
}
