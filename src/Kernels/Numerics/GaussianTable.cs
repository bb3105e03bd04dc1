namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// Standard normal quantiles in 32-bit integers, so that a random word becomes a normal number by integer arithmetic
/// alone: the same bits on every CPU, GPU and compiler, which no logarithm or cosine in floating point promises.
/// </summary>
/// <remarks>
/// The word's top bit is the sign; the other 31 bits are the tail probability p = v / 2^32 in (0, 0.5). The tail is cut
/// in 31 octaves by the leading zeros of v and each octave in 64 segments with linear interpolation: off by less than
/// <see cref="LargestError"/> anywhere (tested), out to 6.2 standard deviations. Quantiles come from Wichura's algorithm AS 241 (1988).
/// </remarks>
public static class GaussianTable
{
    /// <summary>One standard deviation in the table's fixed point.</summary>
    public const int One = 1 << 27;

    /// <summary>How far a number with standard deviation 1 is off its exact quantile, at most.</summary>
    public const double LargestError = 4e-5;

    internal const int SegmentBits = 6, Segments = 1 << SegmentBits, Octaves = 31;

    /// <summary>Quantiles at the knots, falling from octave 0 (p from 1/2 down to 1/4), segment by segment.</summary>
    public static int[] Create()
    {
        var table = new int[(Octaves * Segments) + 1];
        for (int octave = 0; octave < Octaves; octave++)
        {
            // Within an octave p rises with the segment number, since the segment is the next bits of v.
            double low = Math.ScaleB(1, -(octave + 2));
            for (int segment = 0; segment < Segments; segment++)
                table[(octave * Segments) + segment] = ToFixed(UpperQuantile(low * (1 + ((double)segment / Segments))));
        }
        table[^1] = 0;
        return table;
    }

    /// <summary>z with P(Z &gt; z) = p, for p in (0, 0.5].</summary>
    internal static double UpperQuantile(double p)
    {
        double q = 0.5 - p;
        if (q <= 0.425)
        {
            double r = 0.180625 - (q * q);
            return q * Ratio(r, s_centre);
        }
        double t = Math.Sqrt(-PortableMath.Log(p));
        return t <= 5 ? Ratio(t - 1.6, s_middle) : Ratio(t - 5, s_far);
    }

    private static int ToFixed(double z) => (int)Math.Round(z * One);

    // Numerator and denominator coefficients of AS 241 (PPND16), constant term first.
    private static readonly double[][] s_centre =
    [
        [
            3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
            45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727],
        [
            1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
            21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610],
    ];

    private static readonly double[][] s_middle =
    [
        [
            1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
            1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4],
        [
            1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
            0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9],
    ];

    private static readonly double[][] s_far =
    [
        [
            6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
            0.0265321895265761230930, 0.00124266094738807843860, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
        [
            1.0, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
            7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15],
    ];

    private static double Ratio(double x, double[][] coefficients)
    {
        double numerator = 0, denominator = 0;
        for (int k = 7; k >= 0; k--)
        {
            numerator = (numerator * x) + coefficients[0][k];
            denominator = (denominator * x) + coefficients[1][k];
        }
        return numerator / denominator;
    }
}
