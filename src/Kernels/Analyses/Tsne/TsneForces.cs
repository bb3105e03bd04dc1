using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One point's part of the exact gradient. With q(i, j) = 1 / (1 + |y_i - y_j|^2): the row's sum of q without itself,
/// attraction = sum p q (y_i - y_j), repulsion = sum q^2 (y_i - y_j). The gradient of the divergence is
/// 4 (attraction - repulsion / Z) with Z the sum of all q (van der Maaten and Hinton 2008, equation 5).
/// </summary>
/// <remarks>Sixteen sums over j modulo 16, each in ascending order, then a tree: the order depends on N alone.</remarks>
internal readonly unsafe struct TsneForces : ITsneOperation, ITsneBody
{
    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row) => TsneRowKernel<TsneForces>.Dispatch<TsneForces>(arguments, row);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(in TsneArguments arguments, int row)
        where T : unmanaged, ILanes<T>
    {
        int stride = arguments.Stride, points = arguments.Points;
        float* xs = BlockPointers.Pointer(arguments.Views.Places), ys = xs + stride;
        float* p = BlockPointers.Pointer(arguments.Views.Joint) + ((long)row * stride);
        T x = T.Broadcast(xs[row]), y = T.Broadcast(ys[row]);
        T sum = T.Zero, attractX = T.Zero, attractY = T.Zero, repelX = T.Zero, repelY = T.Zero;
        int whole = points / LaneMask.Lanes * LaneMask.Lanes;
        for (int j = 0; j < whole; j += LaneMask.Lanes)
        {
            T dx = T.Subtract(x, T.Load(xs + j)), dy = T.Subtract(y, T.Load(ys + j));
            T q = Kernel(dx, dy);
            T pq = T.Multiply(T.Load(p + j), q), squared = T.Multiply(q, q);
            sum = T.Add(sum, q);
            attractX = T.Fma(pq, dx, attractX);
            attractY = T.Fma(pq, dy, attractY);
            repelX = T.Fma(squared, dx, repelX);
            repelY = T.Fma(squared, dy, repelY);
        }
        if (whole < points)
        {
            T real = T.Load(LaneMask.First(points - whole));
            T dx = T.Subtract(x, T.Load(xs + whole)), dy = T.Subtract(y, T.Load(ys + whole));
            T q = T.Select(real, Kernel(dx, dy), T.Zero);
            T pq = T.Multiply(T.Load(p + whole), q), squared = T.Multiply(q, q);
            sum = T.Add(sum, q);
            attractX = T.Fma(pq, dx, attractX);
            attractY = T.Fma(pq, dy, attractY);
            repelX = T.Fma(squared, dx, repelX);
            repelY = T.Fma(squared, dy, repelY);
        }
        float* forces = BlockPointers.Pointer(arguments.Views.Forces) + row;

        // The point itself: q is exactly 1, and it pulls and pushes nowhere.
        forces[0] = T.Sum(sum) - 1;
        forces[stride] = T.Sum(attractX);
        forces[2 * stride] = T.Sum(attractY);
        forces[3 * stride] = T.Sum(repelX);
        forces[4 * stride] = T.Sum(repelY);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Kernel<T>(T dx, T dy)
        where T : unmanaged, ILanes<T>
    {
        T one = T.Broadcast(1);
        return T.Divide(one, T.Fma(dy, dy, T.Fma(dx, dx, one)));
    }
}
