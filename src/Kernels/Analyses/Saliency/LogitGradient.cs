using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// dlogit/dx, signed: a unit counts its w2 where it is active. Ranks pixels as dp/dx does, without a factor that may lose all digits.
/// </summary>
internal readonly struct LogitGradient : ISaliencyFormula
{
    public static string Name => "logit-gradient";

    public static string Words => "dlogit/dx";

    public static bool IsOffered => false;

    public static bool IsSumOfProducts => true;

    public static bool IsGradient => true;

    public static bool UsesScales => false;

    public static bool UsesLogit => false;

    public static bool TimesPixels => false;

    public static T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T> => T.Select(T.Greater(z, T.Zero), w2, T.Zero);

    public static T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T> => T.Fma(w1, unit, sum);

    public static T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T> => sum;
}
