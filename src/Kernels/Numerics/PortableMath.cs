namespace GpuMlp.Kernels.Numerics;

/// <summary>Functions from basic operations alone: libraries' differ between platforms in the last bit.</summary>
internal static class PortableMath
{
    /// <summary>ln x for a positive, finite x, by 2 atanh((m - 1) / (m + 1)) of the mantissa; relative error below 1e-14.</summary>
    public static double Log(double x)
    {
        const double Ln2 = 0.69314718055994530942;
        int exponent = Math.ILogB(x);
        double m = Math.ScaleB(x, -exponent), s = (m - 1) / (m + 1), q = s * s, sum = 0;
        for (int k = 41; k >= 1; k -= 2)
            sum = (sum * q) + (1.0 / k);
        return (exponent * Ln2) + (2 * s * sum);
    }
}
