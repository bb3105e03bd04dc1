namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>
/// Severities in fixed point. Exponential, sine and cosine are series of basic operations: a library's last digit differs
/// between machines, and every image must have the same bytes everywhere.
/// </summary>
internal static class CorruptTables
{
    /// <summary>Fraction bits of a standard deviation in grey levels: 10 * 255 * 2^16 fits 32 bits.</summary>
    public const int SigmaBits = 16;

    /// <summary>Fraction bits of sine and cosine: times twice a coordinate (below 512) they fit 32 bits.</summary>
    public const int AngleBits = 20;

    /// <summary>Blur weights add up to 2^12: 255 times their product over two axes, and a half, fit 32 bits without sign.</summary>
    public const int WeightBits = 12;

    public static int Sigma(double sigma) => (int)Math.Round(sigma * 255 * (1 << SigmaBits));

    public static long Threshold(double share) => (long)Math.Round(share * 4294967296.0);

    /// <summary>Sine and cosine of 0 .. 180 degrees.</summary>
    public static (int Sine, int Cosine) Angle(double degrees)
    {
        double x = degrees * (Math.PI / 180), sine = 0, cosine = 0, term = 1;

        // Taylor: on 0 .. pi the first term left out, pi^31 / 31!, is below 1e-18.
        for (int k = 0; k <= 30; k++)
        {
            double signed = k % 4 < 2 ? term : -term;
            if (k % 2 == 0)
                cosine += signed;
            else
                sine += signed;
            term *= x / (k + 1);
        }
        return ((int)Math.Round(sine * (1 << AngleBits)), (int)Math.Round(cosine * (1 << AngleBits)));
    }

    /// <summary>Pixels on each side of the centre that a blur takes in.</summary>
    public static int BlurRadius(double sigma) => (int)Math.Ceiling(3 * sigma);

    /// <summary>
    /// Weights of distances 0, 1, ... 3 sigma; the centre takes what rounding leaves, so that a flat image stays as it is.
    /// </summary>
    public static int[] BlurWeights(double sigma)
    {
        int radius = BlurRadius(sigma);
        var exact = new double[radius + 1];
        double sum = 0;
        for (int d = 0; d <= radius; d++)
        {
            exact[d] = d == 0 ? 1 : Exp(-d * d / (2 * sigma * sigma));
            sum += d == 0 ? exact[d] : 2 * exact[d];
        }
        var weights = new int[radius + 1];
        int centre = 1 << WeightBits;
        for (int d = 1; d <= radius; d++)
        {
            weights[d] = (int)Math.Round(exact[d] / sum * (1 << WeightBits));
            centre -= 2 * weights[d];
        }
        weights[0] = centre;
        return weights;
    }

    // e^x for x <= 0: e^(x / 1024) by its series, squared ten times.
    private static double Exp(double x)
    {
        // Beyond it nothing is left of a weight, and the series would need more terms.
        const double Least = -700;
        if (x < Least)
            return 0;
        double y = x / 1024, sum = 0;
        for (int k = 16; k >= 1; k--)
            sum = (1 + sum) * y / k;
        double value = 1 + sum;
        for (int square = 0; square < 10; square++)
            value *= value;
        return value;
    }
}
