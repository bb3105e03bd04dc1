using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>dp/dx with p = sigmoid(logit), signed: dlogit/dx times p (1 - p).</summary>
internal readonly struct ProbabilityGradient : ISaliencyFormula
{
    public static string Name => "gradient";

    public static string Words => "dp/dx";

    public static bool IsSumOfProducts => true;

    public static bool IsGradient => true;

    public static bool UsesScales => false;

    public static bool UsesLogit => true;

    public static bool TimesPixels => false;

    public static T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T> => LogitGradient.Unit(z, w2, b1, scale);

    public static T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T> => T.Fma(w1, unit, sum);

    public static T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T> => T.Multiply(sum, Slope(logit));

    /// <summary>p (1 - p) = e / (1 + e)^2 with e = e^-|logit|: no digit is lost where p is near 1.</summary>
    public static T Slope<T>(T logit)
        where T : unmanaged, IReal<T>
    {
        T e = Formulas.ExpOfNegative(T.Subtract(T.Zero, T.Abs(logit))), one = T.Add(T.Broadcast(1f), e);
        return T.Divide(T.Divide(e, one), one);
    }
}
