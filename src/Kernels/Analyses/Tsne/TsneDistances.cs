using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// d(i, j) = sum over h of (a(h, i) - a(h, j))^2 into a row of <see cref="TsneViews.Conditional"/>, features in ascending
/// order; itself and the padding are <see cref="Far"/>. Symmetric bit by bit.
/// </summary>
internal readonly unsafe struct TsneDistances : ITsneOperation, ITsneBody
{
    /// <summary>Farther than any distance of features of at most 1; its product with a 0 is still 0.</summary>
    public const float Far = 3e38f;

    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row) => TsneRowKernel<TsneDistances>.Dispatch<TsneDistances>(arguments, row);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(in TsneArguments arguments, int row)
        where T : unmanaged, ILanes<T>
    {
        float* features = BlockPointers.Pointer(arguments.Views.Features);
        float* output = BlockPointers.Pointer(arguments.Views.Conditional) + ((long)row * arguments.Stride);
        T far = T.Broadcast(Far);
        for (int column = 0; column < arguments.Stride; column += LaneMask.Lanes)
        {
            float* f = features + column;
            float* own = features + row;
            T sum = T.Zero;
            for (int h = 0; h < arguments.Features; h++, f += arguments.Stride, own += arguments.Stride)
            {
                T difference = T.Subtract(T.Broadcast(*own), T.Load(f));
                sum = T.Fma(difference, difference, sum);
            }
            T real = T.Load(LaneMask.First(Math.Min(LaneMask.Lanes, arguments.Points - column)));
            T.Store(T.Select(real, sum, far), output + column);
        }
        output[row] = Far;
    }
}
