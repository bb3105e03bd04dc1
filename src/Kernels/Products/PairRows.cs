using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The exact product on a CPU: for each row, sum over its entries q of the dot product of value[q] (two 16-bit numbers) with two
/// rows of 12-bit digits, low and high apart, for as many columns as registers hold; the row's sums go to a sink.
/// </summary>
/// <remarks>
/// An entry adds at most 2 * 255 * 2048 to a sum of 32 bits, so after 2,048 entries sums go to float64, which is exact to 2^53.
/// </remarks>
internal static unsafe class PairRows
{
    /// <summary>Rows that a sink may finish together; even, and few enough for their sums of eight vectors to stay in L1.</summary>
    public const int Band = 8;

    /// <summary>Of a row, before its sums of 32 bits are full.</summary>
    public const int MostEntries = 2048;

    /// <summary>Compressed rows: the entries of row r are starts[r] .. starts[r + 1] - 1 of index and value.</summary>
    public readonly struct Panel(int rows, int* starts, ushort* index, uint* value)
    {
        public readonly int Rows = rows;
        public readonly int* Starts = starts;
        public readonly ushort* Index = index;
        public readonly uint* Value = value;

        /// <summary>The same up to a row.</summary>
        public Panel First(int rows) => new(rows, Starts, Index, Value);
    }

    /// <summary>What becomes of the sums of sixteen columns of a row, 4096 high + low.</summary>
    public interface ISink
    {
        /// <summary>Whether nothing becomes of a row without an entry.</summary>
        static abstract bool SkipsEmpty { get; }

        /// <summary>What a row's sums begin with, as integers: of sixteen columns the low ones, or with 16 the high ones.</summary>
        T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T>;

        /// <summary>Sums as integers.</summary>
        void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>;

        /// <summary>4096 high + low of a row of very many entries: integers in float64, columns 0 .. 7 and 8 .. 15.</summary>
        void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T>;

        /// <summary>Columns of a band of rows have been taken. Work that is too long to stand in the loop once a vector.</summary>
        void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>;
    }

    /// <param name="sink">By reference: a call through an `in` parameter of generic type copies the whole structure.</param>
    public static void Multiply<T, TSink>(in Panel panel, in DigitTiles digits, ref TSink sink)
        where T : unmanaged, ILanes<T>
        where TSink : struct, ISink
    {
        for (int vector = 0; vector < digits.Vectors; vector += digits.Width)
        {
            short* tile = digits.Start(vector);
            int column = vector * LaneMask.Lanes;
            switch (digits.WidthAt(vector))
            {
                case 1: Rows<T, N1, TSink>(panel, tile, column, ref sink); break;
                case 2: Rows<T, N2, TSink>(panel, tile, column, ref sink); break;
                case 3: Rows<T, N3, TSink>(panel, tile, column, ref sink); break;
                case 4: Rows<T, N4, TSink>(panel, tile, column, ref sink); break;
                case 5: Rows<T, N5, TSink>(panel, tile, column, ref sink); break;
                case 6: Rows<T, N6, TSink>(panel, tile, column, ref sink); break;
                case 7: Rows<T, N7, TSink>(panel, tile, column, ref sink); break;
                default: Rows<T, N8, TSink>(panel, tile, column, ref sink); break;
            }
        }
    }

    /// <summary>4096 high + low of columns 0 .. 7, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First<T>(T low, T high)
        where T : unmanaged, ILanes<T> => T.FmaDoubles(T.LowIntsToDoubles(high), T.BroadcastDouble(4096), T.LowIntsToDoubles(low));

    /// <summary>Of columns 8 .. 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Second<T>(T low, T high)
        where T : unmanaged, ILanes<T> => T.FmaDoubles(T.HighIntsToDoubles(high), T.BroadcastDouble(4096), T.HighIntsToDoubles(low));

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Rows<T, N, TSink>(in Panel panel, short* digits, int column, ref TSink sink)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
        where TSink : struct, ISink
    {
        for (int band = 0; band < panel.Rows; band += Band)
        {
            int endRow = Math.Min(band + Band, panel.Rows);
            for (int r = band; r < endRow; r++)
            {
                nint start = panel.Starts[r], end = panel.Starts[r + 1];
                if (start == end && TSink.SkipsEmpty)
                    continue;
                if (end - start > MostEntries)
                {
                    Long<T, N, TSink>(panel, r, digits, column, ref sink);
                    continue;
                }

                uint* value = panel.Value;
                ushort* index = panel.Index;

                // N is a constant for the JIT: the branches vanish and so do the registers that a tile does not use.
                T l0 = sink.Begin<T>(r, column, 0), l1 = default, l2 = default, l3 = default, l4 = default, l5 = default, l6 = default;
                T h0 = sink.Begin<T>(r, column, 16), h1 = default, h2 = default, h3 = default, h4 = default, h5 = default, h6 = default;
                T l7 = default, h7 = default;
                if (N.Value > 1)
                    (l1, h1) = (sink.Begin<T>(r, column + 16, 0), sink.Begin<T>(r, column + 16, 16));
                if (N.Value > 2)
                    (l2, h2) = (sink.Begin<T>(r, column + 32, 0), sink.Begin<T>(r, column + 32, 16));
                if (N.Value > 3)
                    (l3, h3) = (sink.Begin<T>(r, column + 48, 0), sink.Begin<T>(r, column + 48, 16));
                if (N.Value > 4)
                    (l4, h4) = (sink.Begin<T>(r, column + 64, 0), sink.Begin<T>(r, column + 64, 16));
                if (N.Value > 5)
                    (l5, h5) = (sink.Begin<T>(r, column + 80, 0), sink.Begin<T>(r, column + 80, 16));
                if (N.Value > 6)
                    (l6, h6) = (sink.Begin<T>(r, column + 96, 0), sink.Begin<T>(r, column + 96, 16));
                if (N.Value > 7)
                    (l7, h7) = (sink.Begin<T>(r, column + 112, 0), sink.Begin<T>(r, column + 112, 16));
                for (nint q = start; q < end; q++)
                {
                    T x = T.BroadcastBits(value[q]);
                    short* w = digits + (index[q] * (nint)(N.Value * DigitTiles.VectorShorts));
                    l0 = T.MultiplyAddPairs(l0, x, w, 0);
                    h0 = T.MultiplyAddPairs(h0, x, w, 32);
                    if (N.Value > 1)
                    {
                        l1 = T.MultiplyAddPairs(l1, x, w, 64);
                        h1 = T.MultiplyAddPairs(h1, x, w, 96);
                    }
                    if (N.Value > 2)
                    {
                        l2 = T.MultiplyAddPairs(l2, x, w, 128);
                        h2 = T.MultiplyAddPairs(h2, x, w, 160);
                    }
                    if (N.Value > 3)
                    {
                        l3 = T.MultiplyAddPairs(l3, x, w, 192);
                        h3 = T.MultiplyAddPairs(h3, x, w, 224);
                    }
                    if (N.Value > 4)
                    {
                        l4 = T.MultiplyAddPairs(l4, x, w, 256);
                        h4 = T.MultiplyAddPairs(h4, x, w, 288);
                    }
                    if (N.Value > 5)
                    {
                        l5 = T.MultiplyAddPairs(l5, x, w, 320);
                        h5 = T.MultiplyAddPairs(h5, x, w, 352);
                    }
                    if (N.Value > 6)
                    {
                        l6 = T.MultiplyAddPairs(l6, x, w, 384);
                        h6 = T.MultiplyAddPairs(h6, x, w, 416);
                    }
                    if (N.Value > 7)
                    {
                        l7 = T.MultiplyAddPairs(l7, x, w, 448);
                        h7 = T.MultiplyAddPairs(h7, x, w, 480);
                    }
                }
                sink.Take(r, column, l0, h0);
                if (N.Value > 1)
                    sink.Take(r, column + 16, l1, h1);
                if (N.Value > 2)
                    sink.Take(r, column + 32, l2, h2);
                if (N.Value > 3)
                    sink.Take(r, column + 48, l3, h3);
                if (N.Value > 4)
                    sink.Take(r, column + 64, l4, h4);
                if (N.Value > 5)
                    sink.Take(r, column + 80, l5, h5);
                if (N.Value > 6)
                    sink.Take(r, column + 96, l6, h6);
                if (N.Value > 7)
                    sink.Take(r, column + 112, l7, h7);
            }
            sink.Finish<T>(band, endRow, column, column + (16 * N.Value));
        }
    }

    // A row of more entries than 32 bits hold, vector by vector.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Long<T, N, TSink>(in Panel panel, int r, short* digits, int column, ref TSink sink)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
        where TSink : struct, ISink
    {
        for (int vector = 0; vector < N.Value; vector++)
        {
            T first = T.Zero, second = T.Zero;
            for (int q = panel.Starts[r], end = panel.Starts[r + 1]; q < end;)
            {
                T low = T.Zero, high = T.Zero;
                for (int last = Math.Min(end, q + MostEntries); q < last; q++)
                {
                    T x = T.BroadcastBits(panel.Value[q]);
                    short* w = digits + (panel.Index[q] * (long)(N.Value * DigitTiles.VectorShorts)) + (vector * DigitTiles.VectorShorts);
                    low = T.MultiplyAddPairs(low, x, w, 0);
                    high = T.MultiplyAddPairs(high, x, w, 32);
                }
                first = T.AddDoubles(first, First(low, high));
                second = T.AddDoubles(second, Second(low, high));
            }
            sink.TakeLong(r, column + (16 * vector), first, second);
        }
    }
}
