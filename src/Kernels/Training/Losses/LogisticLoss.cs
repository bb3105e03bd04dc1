using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Training.Losses;

/// <summary>
/// Binary cross-entropy of a sigmoid: max(x, 0) - x y + ln(1 + e^-|x|), without overflow and cancellation. sigmoid(x) is
/// 1 / (1 + e^-x) for x &gt;= 0 and e^x / (1 + e^x) below.
/// </summary>
internal readonly struct LogisticLoss : ILoss
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Of<T>(T logit, T label, out T loss, out T prediction)
        where T : unmanaged, IReal<T>
    {
        T one = T.Broadcast(1f), e = Formulas.ExpOfNegative(T.Subtract(T.Zero, T.Abs(logit)));
        loss = T.Add(T.Subtract(T.Relu(logit), T.Multiply(logit, label)), Formulas.Log1P(e));
        prediction = T.Divide(T.Select(T.GreaterOrEqual(logit, T.Zero), one, e), T.Add(one, e));
    }
}
