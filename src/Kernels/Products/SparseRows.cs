using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The float32 product behind saliency maps: out[r, :] = start[r, :] + sum over the entries q of row r of
/// value[q] * dense[index[q], :], for a tile of N * 16 columns held in registers.
/// </summary>
/// <remarks>
/// Entries are added in the order in which they stand, one fused multiply-add each, so a column's sum depends on its
/// row's entries alone: not on the tile, the register width, or the columns beside it.
/// </remarks>
internal static unsafe class SparseRows
{
    /// <summary>Compressed rows: the entries of row r are starts[r] .. starts[r + 1] - 1 of index and value.</summary>
    public readonly struct Panel(int rows, int* starts, ushort* index, float* value)
    {
        public readonly int Rows = rows;
        public readonly int* Starts = starts;
        public readonly ushort* Index = index;
        public readonly float* Value = value;
    }

    /// <summary>
    /// out = start + panel * dense over <paramref name="vectors"/> * 16 columns. Rows without an entry are left alone when
    /// <paramref name="skipEmpty"/> says that they are right as they are.
    /// </summary>
    public static void Multiply<T>(int vectors, in Panel panel, Matrix dense, Matrix start, Matrix output, bool skipEmpty)
        where T : unmanaged, ILanes<T>
    {
        foreach ((int column, int width) in new Tiles(vectors, T.SparseTile))
        {
            Matrix d = dense.Shift(column), s = start.Shift(column), o = output.Shift(column);
            switch (width)
            {
                case 1: Rows<T, N1>(panel, d, s, o, skipEmpty); break;
                case 2: Rows<T, N2>(panel, d, s, o, skipEmpty); break;
                case 3: Rows<T, N3>(panel, d, s, o, skipEmpty); break;
                case 4: Rows<T, N4>(panel, d, s, o, skipEmpty); break;
                case 5: Rows<T, N5>(panel, d, s, o, skipEmpty); break;
                case 6: Rows<T, N6>(panel, d, s, o, skipEmpty); break;
                case 7: Rows<T, N7>(panel, d, s, o, skipEmpty); break;
                default: Rows<T, N8>(panel, d, s, o, skipEmpty); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<T, N>(in Panel panel, Matrix dense, Matrix start, Matrix output, bool skipEmpty)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        int* starts = panel.Starts;
        ushort* index = panel.Index;
        float* value = panel.Value;
        float* weights = dense.Data;
        long weightsStride = dense.Stride;
        float* s = start.Data, o = output.Data;
        for (int r = 0; r < panel.Rows; r++, s += start.Stride, o += output.Stride)
        {
            int q = starts[r], end = starts[r + 1];
            if (skipEmpty && q == end)
                continue;

            // N is a constant for the JIT: the branches vanish and so do the registers that a tile does not use.
            T a0 = T.Load(s), a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
            if (N.Value > 1) a1 = T.Load(s + 16);
            if (N.Value > 2) a2 = T.Load(s + 32);
            if (N.Value > 3) a3 = T.Load(s + 48);
            if (N.Value > 4) a4 = T.Load(s + 64);
            if (N.Value > 5) a5 = T.Load(s + 80);
            if (N.Value > 6) a6 = T.Load(s + 96);
            if (N.Value > 7) a7 = T.Load(s + 112);
            for (; q < end; q++)
            {
                T x = T.Broadcast(value[q]);
                float* w = weights + index[q] * weightsStride;
                a0 = T.Fma(x, T.Load(w), a0);
                if (N.Value > 1) a1 = T.Fma(x, T.Load(w + 16), a1);
                if (N.Value > 2) a2 = T.Fma(x, T.Load(w + 32), a2);
                if (N.Value > 3) a3 = T.Fma(x, T.Load(w + 48), a3);
                if (N.Value > 4) a4 = T.Fma(x, T.Load(w + 64), a4);
                if (N.Value > 5) a5 = T.Fma(x, T.Load(w + 80), a5);
                if (N.Value > 6) a6 = T.Fma(x, T.Load(w + 96), a6);
                if (N.Value > 7) a7 = T.Fma(x, T.Load(w + 112), a7);
            }
            T.Store(a0, o);
            if (N.Value > 1) T.Store(a1, o + 16);
            if (N.Value > 2) T.Store(a2, o + 32);
            if (N.Value > 3) T.Store(a3, o + 48);
            if (N.Value > 4) T.Store(a4, o + 64);
            if (N.Value > 5) T.Store(a5, o + 80);
            if (N.Value > 6) T.Store(a6, o + 96);
            if (N.Value > 7) T.Store(a7, o + 112);
        }
    }
}
