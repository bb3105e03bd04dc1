using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Simd;
using GpuMlp.Kernels.Update;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The product behind both input-sparse kernels: sum[r, :] = start[r, :] + sum over the entries q of row r of
/// value[q] * dense[index[q], :], for a tile of N * 16 columns held in registers; then out = sum, or out -= rate * (sum + decay * out).
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
        where T : unmanaged, ILanes<T> =>
        Run<T, KeepSum>(vectors, panel, dense, start, output, default, skipEmpty);

    /// <summary>
    /// output -= rates * (start + panel * dense + decay * output): gradient and update of the same weights in one pass.
    /// rates has one row, the learning rate of each column. With decay no row is right as it is.
    /// </summary>
    public static void MultiplyAndUpdate<T>(
        int vectors, in Panel panel, Matrix dense, Matrix start, Matrix output, Matrix rates, float decay, bool skipEmpty)
        where T : unmanaged, ILanes<T>
    {
        if (decay == 0)
            Run<T, ApplyUpdate>(vectors, panel, dense, start, output, rates, skipEmpty);
        else
            Run<T, ApplyDecayedUpdate>(vectors, panel, dense, start, output, rates, skipEmpty: false, decay);
    }

    private static void Run<T, E>(
        int vectors, in Panel panel, Matrix dense, Matrix start, Matrix output, Matrix rates, bool skipEmpty, float decay = 0)
        where T : unmanaged, ILanes<T>
        where E : struct, IFinish
    {
        foreach ((int column, int width) in new Tiles(vectors, T.SparseTile))
        {
            Matrix d = dense.Shift(column), s = start.Shift(column), o = output.Shift(column), l = rates.Shift(column);
            switch (width)
            {
                case 1: Rows<T, N1, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                case 2: Rows<T, N2, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                case 3: Rows<T, N3, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                case 4: Rows<T, N4, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                case 5: Rows<T, N5, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                case 6: Rows<T, N6, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                case 7: Rows<T, N7, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
                default: Rows<T, N8, E>(panel, d, s, o, l.Data, skipEmpty, decay); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<T, N, E>(in Panel panel, Matrix dense, Matrix start, Matrix output, float* rates, bool skipEmpty, float decay)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
        where E : struct, IFinish
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
            E.Finish(a0, o, rates, decay);
            if (N.Value > 1) E.Finish(a1, o + 16, rates + 16, decay);
            if (N.Value > 2) E.Finish(a2, o + 32, rates + 32, decay);
            if (N.Value > 3) E.Finish(a3, o + 48, rates + 48, decay);
            if (N.Value > 4) E.Finish(a4, o + 64, rates + 64, decay);
            if (N.Value > 5) E.Finish(a5, o + 80, rates + 80, decay);
            if (N.Value > 6) E.Finish(a6, o + 96, rates + 96, decay);
            if (N.Value > 7) E.Finish(a7, o + 112, rates + 112, decay);
        }
    }

    /// <summary>What becomes of a finished sum.</summary>
    private interface IFinish
    {
        static abstract void Finish<T>(T sum, float* output, float* rates, float decay)
            where T : unmanaged, ILanes<T>;
    }

    private readonly struct KeepSum : IFinish
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Finish<T>(T sum, float* output, float* rates, float decay)
            where T : unmanaged, ILanes<T> => T.Store(sum, output);
    }

    private readonly struct ApplyUpdate : IFinish
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Finish<T>(T sum, float* output, float* rates, float decay)
            where T : unmanaged, ILanes<T> => T.Store(UpdateBody.Step(T.Load(rates), sum, T.Load(output)), output);
    }

    private readonly struct ApplyDecayedUpdate : IFinish
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Finish<T>(T sum, float* output, float* rates, float decay)
            where T : unmanaged, ILanes<T> =>
            T.Store(UpdateBody.Step(T.Load(rates), sum, T.Load(output), T.Broadcast(decay)), output);
    }
}
