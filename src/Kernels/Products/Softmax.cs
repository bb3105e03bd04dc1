using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The formulas of softmax cross-entropy over O logits, an image a lane: with m the largest logit (of equal ones the first), shares
/// t_k = e^(x_k - m), r the sum of all of them but m's own in the order of k, p_k = t_k / (1 + r), loss = (m - x_y) + ln(1 + r).
/// </summary>
/// <remarks>
/// The share of the largest is exactly 1, so nothing overflows and r keeps its digits where p is near 1; two classes have the loss of one
/// logit x_1 - x_0. The loops over k are the callers', on every device in the same order.
/// </remarks>
internal static class Softmax
{
    private const float Ln2 = 0.693147181f;

    /// <summary>t, 0..1.</summary>
    /// <param name="logit">x.</param>
    /// <param name="largest">m.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Share<T>(T logit, T largest)
        where T : unmanaged, IReal<T> => Formulas.ExpOfNegative(T.Subtract(logit, largest));

    /// <summary>ln(1 + r): halved until it is at most 2, which is exact, and then log1p.</summary>
    /// <param name="others">r, 0..O - 1.</param>
    /// <param name="halvings">Of <see cref="Halvings"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LogOfSum<T>(T others, int halvings)
        where T : unmanaged, IReal<T>
    {
        T one = T.Broadcast(1f), sum = T.Add(one, others), twos = T.Zero;
        for (int i = 0; i < halvings; i++)
        {
            T more = T.Greater(sum, T.Broadcast(2f));
            sum = T.Select(more, T.Multiply(sum, T.Broadcast(0.5f)), sum);
            twos = T.Select(more, T.Add(twos, one), twos);
        }
        T rest = T.Select(T.Greater(twos, T.Zero), T.Subtract(sum, one), others);
        return T.Fma(twos, T.Broadcast(Ln2), Formulas.Log1P(rest));
    }

    /// <summary>p of a class.</summary>
    /// <param name="share">t.</param>
    /// <param name="others">r.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Probability<T>(T share, T others)
        where T : unmanaged, IReal<T> => T.Divide(share, T.Add(T.Broadcast(1f), others));

    /// <summary>Mask of the lanes whose number is k; numbers of classes are small integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Is<T>(T number, int k)
        where T : unmanaged, IReal<T> => T.Greater(T.Broadcast(0.5f), T.Abs(T.Subtract(number, T.Broadcast(k))));

    /// <summary>So many halvings bring a sum of O shares to at most 2.</summary>
    /// <param name="outputs">O.</param>
    public static int Halvings(int outputs)
    {
        int halvings = 0;
        while (2 << halvings < outputs)
            halvings++;
        return halvings;
    }
}
