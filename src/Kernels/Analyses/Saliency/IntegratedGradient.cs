using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Integrated gradients (Sundararajan et al. 2017) from a black image, signed: they add up to logit(x) - logit(0). For one hidden layer
/// the integral has a closed form, so nothing is summed over steps: on the way from 0 to x, Z goes from b1 to Z(x) in a straight line,
/// and the unit counts w2 times the share of the way on which it is above 0.
/// </summary>
internal readonly struct IntegratedGradient : ISaliencyFormula
{
    public static string Name => "integrated";

    public static string Words => "integrated gradients of the logit, from black";

    public static bool IsSumOfProducts => true;

    public static bool IsGradient => false;

    public static bool UsesScales => false;

    public static bool UsesLogit => false;

    public static bool TimesPixels => true;

    public static T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T> => T.Multiply(w2, ShareAboveZero(z, b1));

    public static T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T> => T.Fma(w1, unit, sum);

    public static T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T> => sum;

    /// <summary>
    /// The share of a straight line between two values that is above 0: the higher one's part of the distance, 1 when both are.
    /// </summary>
    public static T ShareAboveZero<T>(T here, T there)
        where T : unmanaged, IReal<T>
    {
        T high = T.Max(here, there);
        T below = T.Max(T.Max(T.Subtract(T.Zero, here), T.Subtract(T.Zero, there)), T.Zero);
        return T.Select(T.Greater(high, T.Zero), T.Divide(high, T.Add(high, below)), T.Zero);
    }
}
