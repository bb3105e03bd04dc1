using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// Perplexity search of one point: p(j | i) = exp(-beta d(i, j)) / sum, with the precision beta at which the entropy is
/// ln(perplexity), found by bisection; p replaces d. Source: van der Maaten and Hinton, "Visualizing data using t-SNE",
/// JMLR 9 (2008), section 2, and the search of the authors' code.
/// </summary>
/// <remarks>
/// More points at distance 0 than the perplexity have too high an entropy at every beta: the search ends after
/// <see cref="TsneSearch.MostSteps"/> doublings, with those points sharing the probability.
/// </remarks>
internal readonly unsafe struct TsneAffinities : ITsneOperation, ITsneBody
{
    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row) => TsneRowKernel<TsneAffinities>.Dispatch<TsneAffinities>(arguments, row);

    public static void Run<T>(in TsneArguments arguments, int row)
        where T : unmanaged, ILanes<T>
    {
        float* d = BlockPointers.Pointer(arguments.Views.Conditional) + ((long)row * arguments.Stride);
        float nearest = Least<T>(d, arguments.Stride);
        var entropy = new FloatPair(arguments.EntropyHigh, arguments.EntropyLow);
        TsneSearch search = TsneSearch.Start;
        (float sum, float weighted) = Sums<T>(d, arguments.Stride, nearest, search.Beta);
        for (int step = 0; step < TsneSearch.MostSteps; step++)
        {
            float excess = TsneSearch.Excess(sum, weighted, search.Beta, entropy);
            if (Math.Abs(excess) < TsneSearch.Tolerance)
                break;
            search = search.Next(excess);
            (sum, weighted) = Sums<T>(d, arguments.Stride, nearest, search.Beta);
        }
        BlockPointers.Pointer(arguments.Views.Precisions)[row] = search.Beta;
        Write<T>(d, arguments.Stride, nearest, search.Beta, sum);
    }

    private static float Least<T>(float* d, int stride)
        where T : unmanaged, ILanes<T>
    {
        T most = T.Broadcast(-TsneDistances.Far);
        for (int column = 0; column < stride; column += LaneMask.Lanes)
            most = T.Max(most, T.Subtract(T.Zero, T.Load(d + column)));
        float* lanes = stackalloc float[LaneMask.Lanes];
        T.Store(most, lanes);
        float largest = lanes[0];
        for (int lane = 1; lane < LaneMask.Lanes; lane++)
            largest = Math.Max(largest, lanes[lane]);
        return -largest;
    }

    /// <summary>Sum of e and of t e, where t is how much farther than the nearest a point is and e = exp(-beta t).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (float Sum, float Weighted) Sums<T>(float* d, int stride, float nearest, float beta)
        where T : unmanaged, ILanes<T>
    {
        T sum = T.Zero, weighted = T.Zero;
        for (int column = 0; column < stride; column += LaneMask.Lanes)
        {
            T e = Exponential(T.Load(d + column), nearest, beta, out T farther);
            sum = T.Add(sum, e);
            weighted = T.Fma(farther, e, weighted);
        }
        return (T.Sum(sum), T.Sum(weighted));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write<T>(float* d, int stride, float nearest, float beta, float sum)
        where T : unmanaged, ILanes<T>
    {
        T all = T.Broadcast(sum);
        for (int column = 0; column < stride; column += LaneMask.Lanes)
            T.Store(T.Divide(Exponential(T.Load(d + column), nearest, beta, out _), all), d + column);
    }

    // 0 for the point itself and the padding: exp does not go below e^-87.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Exponential<T>(T d, float nearest, float beta, out T farther)
        where T : unmanaged, ILanes<T>
    {
        farther = T.Subtract(d, T.Broadcast(nearest));
        T e = LaneMath.ExpOfNegative(T.Multiply(T.Broadcast(-beta), farther));
        return T.Select(T.Greater(T.Broadcast(TsneDistances.Far / 2), d), e, T.Zero);
    }
}
