using System.Runtime.CompilerServices;

namespace GpuMlp.Kernels.Numerics;

/// <summary>exp and log1p from basic operations only, so that every width, GPU and machine gives the same bits.</summary>
internal static class Formulas
{
    // exp(r) on |r| <= ln(2)/2 as a Taylor polynomial of degree 7: the remainder r^8/8! is below 5.3e-9 relative.
    private const float C2 = 1f / 2, C3 = 1f / 6, C4 = 1f / 24, C5 = 1f / 120, C6 = 1f / 720, C7 = 1f / 5040;

    // ln 2 in two parts (Cody and Waite): the first has 9 significant bits, so n * Ln2High is exact for |n| < 2^15.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f, Log2E = 1.44269504f;

    /// <summary>
    /// e^x for x in -87 .. 0; values below -87 are taken as -87 (1.6e-38), which keeps denormals out. Relative error
    /// below 2e-7. NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ExpOfNegative<T>(T x)
        where T : unmanaged, IReal<T>
    {
        x = T.Max(x, T.Broadcast(-87f));
        T n = T.RoundToInteger(T.Multiply(x, T.Broadcast(Log2E)));
        T r = T.Fma(n, T.Broadcast(-Ln2High), x);
        r = T.Fma(n, T.Broadcast(-Ln2Low), r);
        T p = T.Broadcast(C7);
        p = T.Fma(p, r, T.Broadcast(C6));
        p = T.Fma(p, r, T.Broadcast(C5));
        p = T.Fma(p, r, T.Broadcast(C4));
        p = T.Fma(p, r, T.Broadcast(C3));
        p = T.Fma(p, r, T.Broadcast(C2));
        p = T.Fma(p, T.Multiply(r, r), r);
        return T.Multiply(T.Add(p, T.Broadcast(1f)), T.PowerOfTwo(n));
    }

    /// <summary>
    /// ln(1 + e) for e in 0 .. 1, as 2 atanh(s) with s = e / (2 + e) &lt;= 1/3; relative error below 3e-7, also for tiny e.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log1P<T>(T e)
        where T : unmanaged, IReal<T>
    {
        T s = T.Divide(e, T.Add(e, T.Broadcast(2f)));
        T q = T.Multiply(s, s);

        // atanh(s)/s = 1 + q/3 + q^2/5 + ...; q <= 1/9, so the first term left out, q^7/15, is below 1.4e-8.
        T p = T.Broadcast(1f / 13);
        p = T.Fma(p, q, T.Broadcast(1f / 11));
        p = T.Fma(p, q, T.Broadcast(1f / 9));
        p = T.Fma(p, q, T.Broadcast(1f / 7));
        p = T.Fma(p, q, T.Broadcast(1f / 5));
        p = T.Fma(p, q, T.Broadcast(1f / 3));
        T twice = T.Add(s, s);
        return T.Fma(T.Multiply(p, q), twice, twice);
    }
}
