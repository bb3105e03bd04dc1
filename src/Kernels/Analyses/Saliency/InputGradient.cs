using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>x dlogit/dx, signed.</summary>
internal readonly struct InputGradient : ISaliencyFormula
{
    public static string Name => "input-gradient";

    public static string Words => "x dlogit/dx";

    public static bool IsSumOfProducts => true;

    public static bool IsGradient => false;

    public static bool UsesScales => false;

    public static bool UsesLogit => false;

    public static bool TimesPixels => true;

    public static T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T> => LogitGradient.Unit(z, w2, b1, scale);

    public static T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T> => T.Fma(w1, unit, sum);

    public static T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T> => sum;
}
