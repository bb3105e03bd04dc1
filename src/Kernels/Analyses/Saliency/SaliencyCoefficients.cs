using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// What each hidden unit counts in a map: map[i] = sum over h of c[h] W1[i, h].
/// <list type="bullet">
/// <item>gradient: c = w2 [Z &gt; 0].</item>
/// <item>SmoothGrad: x + noise moves Z by a normal number of standard deviation sigma |W1[:, h]|, so the unit is active with
/// probability Phi(Z / (sigma |W1[:, h]|)), and c = w2 times that is the mean over all noise.</item>
/// <item>integrated: on the way from 0 to x, Z goes from b1 to Z(x) in a straight line, so c = w2 times the share of the way
/// on which it is above 0.</item>
/// </list>
/// </summary>
internal static unsafe class SaliencyCoefficients
{
    /// <summary>Standard deviation of SmoothGrad's noise on the scale 0..1: its authors take 10 to 20 % of the range.</summary>
    public const float NoiseSigma = 0.15f;

    // Phi by Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17: off by less than 7.5e-8.
    private const float P = 0.2316419f, B1 = 0.319381530f, B2 = -0.356563782f, B3 = 1.781477937f, B4 = -1.821255978f, B5 = 1.330274429f;

    /// <summary>1 / sqrt(2 pi).</summary>
    private const float DensityAtZero = 0.398942280f;

    /// <summary>1 / (sigma |W1[:, h]|) of each column of a block; 0 for a column of zeros, whose coefficient does not matter.</summary>
    /// <param name="scales">Room for the block's stride; the sum of squares takes pixels in ascending order.</param>
    public static void SmoothScales<T>(in BlockPointers block, float* scales)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T sum = T.Zero;
            float* w = block.W1 + column;
            for (int d = 0; d < block.Inputs; d++, w += block.Stride)
            {
                T value = T.Load(w);
                sum = T.Fma(value, value, sum);
            }
            T.Store(sum, scales + column);
        }
        for (int column = 0; column < block.Stride; column++)
            scales[column] = scales[column] > 0 ? 1f / (NoiseSigma * MathF.Sqrt(scales[column])) : 0f;
    }

    /// <summary>c of the units of one slot for one image.</summary>
    /// <param name="z">Z of the slot's first unit; b1, w2 and scales likewise.</param>
    /// <param name="result">Room for H rounded up to sixteen.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Of<T>(SaliencyMethod method, int hidden, float* z, float* b1, float* w2, float* scales, float* result)
        where T : unmanaged, ILanes<T>
    {
        for (int h = 0; h < hidden; h += LaneMask.Lanes)
        {
            // Lanes behind the last unit belong to a neighbour; the caller does not look at them.
            T value = T.Load(z + h), weight = T.Load(w2 + h);
            T coefficient = method switch
            {
                SaliencyMethod.SmoothGradient => T.Multiply(weight, NormalProbability(T.Multiply(value, T.Load(scales + h)))),
                SaliencyMethod.IntegratedGradient => T.Multiply(weight, ShareAboveZero(value, T.Load(b1 + h))),
                _ => T.Select(T.Greater(value, T.Zero), weight, T.Zero),
            };
            T.Store(coefficient, result + h);
        }
    }

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
