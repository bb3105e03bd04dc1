using GpuMlp.Kernels.Memory;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>p(i, j) = (p(j | i) + p(i | j)) / 2N into a row of <see cref="TsneViews.Joint"/>; symmetric bit by bit. One variant for all widths.</summary>
internal readonly unsafe struct TsneSymmetrize : ITsneOperation
{
    /// <summary>1 / 2N.</summary>
    public static float Share(int points) => 1f / (2 * points);

    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row)
    {
        float* conditional = BlockPointers.Pointer(arguments.Views.Conditional);
        float* own = conditional + ((long)row * arguments.Stride), other = conditional + row;
        float* output = BlockPointers.Pointer(arguments.Views.Joint) + ((long)row * arguments.Stride);
        float share = Share(arguments.Points);
        for (int j = 0; j < arguments.Points; j++, other += arguments.Stride)
            output[j] = (own[j] + *other) * share;
    }
}
