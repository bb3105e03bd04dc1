using ILGPU;

namespace GpuMlp.Kernels.Numerics;

/// <summary>Where a random word falls in the table of quantiles: between which knots, how far, and with which sign.</summary>
internal readonly struct NormalPlace
{
    private const int WithinBits = 30 - GaussianTable.SegmentBits;

    private readonly int _within, _sign;

    private NormalPlace(int knot, int end, int within, int sign)
    {
        Knot = knot;
        End = end;
        _within = within;
        _sign = sign;
    }

    public int Knot { get; }

    public int End { get; }

    /// <summary>The word without its sign, never 0.</summary>
    public static uint Tail(uint bits) => (bits & 0x7FFFFFFF) | 1;

    /// <param name="bits">The word.</param>
    /// <param name="leadingZeros">Of its <see cref="Tail"/>, 1 or more.</param>
    public static NormalPlace Of(uint bits, int leadingZeros)
    {
        int octave = leadingZeros - 1;

        // Shift the leading one to bit 30; below it lie the segment and the place within it.
        uint rest = (Tail(bits) << octave) & 0x3FFFFFFF;
        int segment = (int)(rest >> WithinBits), within = (int)(rest & ((1u << WithinBits) - 1));
        int knot = (octave * GaussianTable.Segments) + segment;

        // The last segment of an octave ends where the octave before it begins (p doubles), and octave 0 ends at 0.
        int end = segment < GaussianTable.Segments - 1 ? knot + 1
            : octave > 0 ? (octave - 1) * GaussianTable.Segments
            : GaussianTable.Octaves * GaussianTable.Segments;
        return new NormalPlace(knot, end, within, bits >> 31 != 0 ? -1 : 1);
    }

    /// <summary>The number between the quantiles at both knots.</summary>
    public int Between(int here, int there) => _sign * (here + (int)(((long)(there - here) * _within) >> WithinBits));

    /// <summary>
    /// A standard normal number from 32 random bits, in fixed point: one standard deviation is <see cref="GaussianTable.One"/>.
    /// </summary>
    public static int Fixed(uint bits, ArrayView<int> table)
    {
        NormalPlace place = Of(bits, LeadingZeros(Tail(bits)));
        return place.Between(table[place.Knot], table[place.End]);
    }

    // Written out because the portable intrinsic is not on every ILGPU back end; tail is never 0.
    private static int LeadingZeros(uint tail)
    {
        int zeros = 0;
        for (uint probe = 0x80000000; (tail & probe) == 0; probe >>= 1)
            zeros++;
        return zeros;
    }

    public unsafe int Value(int* table) => Between(table[Knot], table[End]);
}
