using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// SmoothGrad (Smilkov et al. 2017): the mean of dlogit/dx over x + normal noise, signed. For one hidden layer the mean over infinitely
/// many draws has a closed form, so none is drawn: noise moves Z by a normal number of standard deviation sigma |W1[:, h]|, so the unit
/// is active with probability Phi(Z / (sigma |W1[:, h]|)) and counts w2 times that.
/// </summary>
internal readonly struct SmoothGradient : ISaliencyFormula
{
    /// <summary>Standard deviation of the noise on the scale 0..1: its authors take 10 to 20 % of the range.</summary>
    public const float NoiseSigma = 0.15f;

    // Phi by Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17: off by less than 7.5e-8.
    private const float P = 0.2316419f, B1 = 0.319381530f, B2 = -0.356563782f, B3 = 1.781477937f, B4 = -1.821255978f, B5 = 1.330274429f;

    /// <summary>1 / sqrt(2 pi).</summary>
    private const float DensityAtZero = 0.398942280f;

    public static string Name => "smoothgrad";

    public static string Words => "SmoothGrad of the logit";

    public static bool IsSumOfProducts => true;

    public static bool IsGradient => false;

    public static bool UsesScales => true;

    public static bool UsesLogit => false;

    public static bool TimesPixels => false;

    public static T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T> => T.Multiply(w2, NormalProbability(T.Multiply(z, scale)));

    public static T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T> => T.Fma(w1, unit, sum);

    public static T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T> => sum;

    /// <summary>Phi(u) by the formula above.</summary>
    public static T NormalProbability<T>(T u)
        where T : unmanaged, IReal<T>
    {
        T a = T.Abs(u), one = T.Broadcast(1f);
        T t = T.Divide(one, T.Fma(T.Broadcast(P), a, one));
        T p = T.Fma(T.Broadcast(B5), t, T.Broadcast(B4));
        p = T.Fma(p, t, T.Broadcast(B3));
        p = T.Fma(p, t, T.Broadcast(B2));
        p = T.Fma(p, t, T.Broadcast(B1));
        T density = T.Multiply(T.Broadcast(DensityAtZero), Formulas.ExpOfNegative(T.Multiply(T.Multiply(T.Broadcast(-0.5f), a), a)));
        T tail = T.Multiply(density, T.Multiply(p, t));
        return T.Select(T.Greater(u, T.Zero), T.Subtract(one, tail), tail);
    }
}
