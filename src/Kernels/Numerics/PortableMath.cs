namespace GpuMlp.Kernels.Numerics;

/// <summary>Functions from basic operations alone: libraries' differ between platforms in the last bit.</summary>
public static class PortableMath
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

    /// <summary>
    /// (1 + cos(pi t)) / 2 for t = <paramref name="step"/> / <paramref name="steps"/>, from 1 at 0 down to 0 at the last step, as
    /// cos(pi t / 2) squared: Taylor's series up to the power 21 of an angle of at most pi / 4; relative error below 1e-14.
    /// </summary>
    /// <param name="step">0 .. <paramref name="steps"/>.</param>
    public static double RaisedCosine(int step, int steps)
    {
        const double QuarterTurn = 1.57079632679489661923;
        bool isSine = step > steps / 2;
        double x = QuarterTurn * (isSine ? steps - step : step) / steps, q = x * x, sum = 1;
        for (int k = isSine ? 21 : 20; k >= 2; k -= 2)
            sum = 1 - (sum * q / (k * (k - 1)));
        double root = isSine ? x * sum : sum;
        return root * root;
    }
}
