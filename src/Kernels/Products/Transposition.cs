using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuMlp.Kernels.Products;

/// <summary>Copies of a matrix with rows and columns exchanged.</summary>
internal static unsafe class Transposition
{
    /// <summary>target[c * targetPitch + r] = source[r * sourcePitch + c]; four rows at a time, so that stores are whole vectors.</summary>
    /// <param name="columns">What is behind them in the source is not read.</param>
    /// <param name="target">What is behind <paramref name="rows"/> in a row is left alone.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float* source, int sourcePitch, int rows, int columns, float* target, int targetPitch)
    {
        int r = 0;
        for (; r + 4 <= rows; r += 4)
        {
            float* s0 = source + ((long)r * sourcePitch), s1 = s0 + sourcePitch, s2 = s1 + sourcePitch, s3 = s2 + sourcePitch, t = target
                + r;
            for (int c = 0; c < columns; c++, t += targetPitch)
                Vector128.Create(s0[c], s1[c], s2[c], s3[c]).Store(t);
        }
        for (; r < rows; r++)
        {
            float* s = source + ((long)r * sourcePitch), t = target + r;
            for (int c = 0; c < columns; c++, t += targetPitch)
                *t = s[c];
        }
    }
}
