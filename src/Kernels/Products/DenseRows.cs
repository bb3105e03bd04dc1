using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The product behind both dense kernels: out[r, :] = start[r, :] + sum over k of x[r, k] * dense[k, :], four rows and a
/// tile of N * 16 columns in registers at a time.
/// </summary>
/// <remarks>
/// k runs upwards with one fused multiply-add each. A zero of x leaves a finite sum as it is, so the dense and the sparse
/// product of the same data have the same bits (the sign of a zero apart).
/// </remarks>
internal static unsafe class DenseRows
{
    /// <summary>x[r, k] at data + r * rowStride + k * stride: strides swapped give the transpose.</summary>
    public readonly struct Left(float* data, int rows, int rowStride, int count, int stride)
    {
        public readonly float* Data = data;
        public readonly int Rows = rows, RowStride = rowStride, Count = count, Stride = stride;
    }

    /// <summary>out = start + left * dense over <paramref name="vectors"/> * 16 columns.</summary>
    public static void Multiply<T>(int vectors, in Left left, Matrix dense, Matrix start, Matrix output)
        where T : unmanaged, ILanes<T>
    {
        foreach ((int column, int width) in new Tiles(vectors, T.DenseTile))
        {
            Matrix d = dense.Shift(column), s = start.Shift(column), o = output.Shift(column);
            switch (width)
            {
                case 1: Rows<T, N1>(left, d, s, o); break;
                case 2: Rows<T, N2>(left, d, s, o); break;
                case 3: Rows<T, N3>(left, d, s, o); break;
                default: Rows<T, N4>(left, d, s, o); break;
            }
        }
    }

    private static void Rows<T, N>(in Left left, Matrix dense, Matrix start, Matrix output)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        int r = 0;
        for (; r + 4 <= left.Rows; r += 4)
            Four<T, N>(left, r, dense, start, output);
        for (; r < left.Rows; r++)
            One<T, N>(left, r, dense, start, output);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four<T, N>(in Left left, int row, Matrix dense, Matrix start, Matrix output)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        float* s0 = start.Data + ((long)row * start.Stride), s1 = s0 + start.Stride, s2 = s1 + start.Stride, s3 = s2 + start.Stride;
        T a0 = T.Load(s0), b0 = T.Load(s1), c0 = T.Load(s2), d0 = T.Load(s3);
        T a1 = default, b1 = default, c1 = default, d1 = default;
        T a2 = default, b2 = default, c2 = default, d2 = default;
        T a3 = default, b3 = default, c3 = default, d3 = default;
        if (N.Value > 1) { a1 = T.Load(s0 + 16); b1 = T.Load(s1 + 16); c1 = T.Load(s2 + 16); d1 = T.Load(s3 + 16); }
        if (N.Value > 2) { a2 = T.Load(s0 + 32); b2 = T.Load(s1 + 32); c2 = T.Load(s2 + 32); d2 = T.Load(s3 + 32); }
        if (N.Value > 3) { a3 = T.Load(s0 + 48); b3 = T.Load(s1 + 48); c3 = T.Load(s2 + 48); d3 = T.Load(s3 + 48); }
        float* x0 = left.Data + ((long)row * left.RowStride), x1 = x0 + left.RowStride, x2 = x1 + left.RowStride, x3 = x2 + left.RowStride;
        float* w = dense.Data;
        long step = left.Stride;
        for (int k = 0; k < left.Count; k++, w += dense.Stride)
        {
            T xa = T.Broadcast(*x0), xb = T.Broadcast(*x1), xc = T.Broadcast(*x2), xd = T.Broadcast(*x3);
            T w0 = T.Load(w);
            a0 = T.Fma(xa, w0, a0); b0 = T.Fma(xb, w0, b0); c0 = T.Fma(xc, w0, c0); d0 = T.Fma(xd, w0, d0);
            if (N.Value > 1) { T v = T.Load(w + 16); a1 = T.Fma(xa, v, a1); b1 = T.Fma(xb, v, b1); c1 = T.Fma(xc, v, c1); d1 = T.Fma(xd, v, d1); }
            if (N.Value > 2) { T v = T.Load(w + 32); a2 = T.Fma(xa, v, a2); b2 = T.Fma(xb, v, b2); c2 = T.Fma(xc, v, c2); d2 = T.Fma(xd, v, d2); }
            if (N.Value > 3) { T v = T.Load(w + 48); a3 = T.Fma(xa, v, a3); b3 = T.Fma(xb, v, b3); c3 = T.Fma(xc, v, c3); d3 = T.Fma(xd, v, d3); }
            x0 += step;
            x1 += step;
            x2 += step;
            x3 += step;
        }
        float* o0 = output.Data + ((long)row * output.Stride), o1 = o0 + output.Stride, o2 = o1 + output.Stride, o3 = o2 + output.Stride;
        T.Store(a0, o0);
        T.Store(b0, o1);
        T.Store(c0, o2);
        T.Store(d0, o3);
        if (N.Value > 1) { T.Store(a1, o0 + 16); T.Store(b1, o1 + 16); T.Store(c1, o2 + 16); T.Store(d1, o3 + 16); }
        if (N.Value > 2) { T.Store(a2, o0 + 32); T.Store(b2, o1 + 32); T.Store(c2, o2 + 32); T.Store(d2, o3 + 32); }
        if (N.Value > 3) { T.Store(a3, o0 + 48); T.Store(b3, o1 + 48); T.Store(c3, o2 + 48); T.Store(d3, o3 + 48); }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<T, N>(in Left left, int row, Matrix dense, Matrix start, Matrix output)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        float* s = start.Data + ((long)row * start.Stride), o = output.Data + ((long)row * output.Stride);
        for (int column = 0; column < 16 * N.Value; column += 16)
        {
            T a = T.Load(s + column);
            float* x = left.Data + ((long)row * left.RowStride), w = dense.Data + column;
            for (int k = 0; k < left.Count; k++, x += left.Stride, w += dense.Stride)
                a = T.Fma(T.Broadcast(*x), T.Load(w), a);
            T.Store(a, o + column);
        }
    }
}
