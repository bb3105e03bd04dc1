using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// |p(x + 0.1 e_i) - p(x)|, what the published study draws. The change of the logit is summed over the units that change, so nothing
/// cancels: p' - p = p (1 - p) (e^t - 1) / (1 + p (e^t - 1)) with t that change. With a logit a class p' - p = -p S / (1 + S), S the sum
/// over the other classes of p_j (e^t_j - 1), t_j the change of its logit beside that of the map's class.
/// </summary>
internal readonly struct Perturbation : ISaliencyFormula
{
    private const float Step = 0.1f;

    public static string Name => "perturbation";

    public static string Words => "|p(x + 0.1 e) - p(x)|";

    public static bool IsSigned => false;

    public static bool IsSumOfProducts => false;

    public static bool IsGradient => false;

    public static bool UsesScales => false;

    public static bool UsesLogit => true;

    public static bool TimesPixels => false;

    public static T Unit<T>(T z, T w2, T b1, T scale)
        where T : unmanaged, IReal<T> => z;

    // relu(z + 0.1 w) - relu(z) without the cancellation: an active unit moves by 0.1 w, down to -z at most. Inlined by request: it is in
    // the innermost loop, and on a CPU a call passes lanes through memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add<T>(T sum, T unit, T w1, T w2)
        where T : unmanaged, IReal<T>
    {
        T step = T.Broadcast(Step), active = T.Max(T.Multiply(step, w1), T.Subtract(T.Zero, unit));
        T moved = T.Select(T.Greater(unit, T.Zero), active, T.Relu(T.Fma(step, w1, unit)));
        return T.Fma(moved, w2, sum);
    }

    public static T Finish<T>(T sum, T logit)
        where T : unmanaged, IReal<T>
    {
        T e = Formulas.ExpOfNegative(T.Subtract(T.Zero, T.Abs(logit))), one = T.Broadcast(1f), both = T.Add(one, e);
        T p = T.Divide(T.Select(T.GreaterOrEqual(logit, T.Zero), one, e), both), growth = ExpMinusOne(sum);
        return T.Abs(T.Divide(T.Multiply(ProbabilityGradient.Slope(logit), growth), T.Fma(p, growth, one)));
    }

    public static T Grow<T>(T change, T sum, T probability)
        where T : unmanaged, IReal<T> => T.Fma(probability, ExpMinusOne(sum), change);

    public static T Change<T>(T change, T probability)
        where T : unmanaged, IReal<T> =>
        T.Abs(T.Divide(T.Multiply(probability, change), T.Add(T.Broadcast(1f), change)));

    // e^t - 1. Near 0 by its series, where the difference would cancel; above by e^t = 1 / e^-t, which is in range up to t = 87.
    private static T ExpMinusOne<T>(T t)
        where T : unmanaged, IReal<T>
    {
        // The first term left out, t^9/9!, is below 2e-8 of t.
        T p = T.Fma(t, T.Broadcast(1f / 40320), T.Broadcast(1f / 5040));
        p = T.Fma(p, t, T.Broadcast(1f / 720));
        p = T.Fma(p, t, T.Broadcast(1f / 120));
        p = T.Fma(p, t, T.Broadcast(1f / 24));
        p = T.Fma(p, t, T.Broadcast(1f / 6));
        p = T.Fma(p, t, T.Broadcast(1f / 2));
        T series = T.Fma(p, T.Multiply(t, t), t);

        T e = Formulas.ExpOfNegative(T.Subtract(T.Zero, T.Abs(t))), one = T.Broadcast(1f);
        T far = T.Select(T.Greater(T.Zero, t), T.Subtract(e, one), T.Divide(T.Subtract(one, e), e));
        return T.Select(T.Greater(T.Broadcast(0.5f), T.Abs(t)), series, far);
    }
}
