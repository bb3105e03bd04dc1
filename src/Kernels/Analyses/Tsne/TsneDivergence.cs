using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One row's part of the divergence KL(P || Q) = sum p ln(p / (q / Z)) = sum p (ln p + ln(1 + d^2) + ln Z), in nats and in
/// double: once an embedding, so that it may be slow. One variant for all widths.
/// </summary>
internal readonly unsafe struct TsneDivergence : ITsneOperation
{
    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row)
    {
        int stride = arguments.Stride;
        float* xs = BlockPointers.Pointer(arguments.Views.Places), ys = xs + stride;
        float* p = BlockPointers.Pointer(arguments.Views.Joint) + ((long)row * stride);
        double sum = 0, x = xs[row], y = ys[row];
        for (int j = 0; j < arguments.Points; j++)
        {
            if (p[j] == 0)
                continue;
            double dx = x - xs[j], dy = y - ys[j];
            sum += p[j] * PortableMath.Log(p[j] * (1 + (dx * dx) + (dy * dy)) * arguments.Total);
        }
        BlockPointers.Pointer(arguments.Views.Divergence)[row] = sum;
    }
}
