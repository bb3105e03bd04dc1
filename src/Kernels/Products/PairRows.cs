using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The exact product on a CPU: for each row, sum over its entries q of the dot product of value[q] (two 16-bit numbers) with two
/// rows of 12-bit digits, low and high apart, for sixteen or thirty-two columns in registers; the row's sums go to a sink.
/// </summary>
/// <remarks>An entry adds at most 2 * 255 * 2048 to a sum of 32 bits, so after 2,048 entries sums go to float64, which is exact to 2^53.</remarks>
internal static unsafe class PairRows
{
    private const int MostEntries = 2048;

    /// <summary>Compressed rows: the entries of row r are starts[r] .. starts[r + 1] - 1 of index and value.</summary>
    public readonly struct Panel(int rows, int* starts, ushort* index, uint* value)
    {
        public readonly int Rows = rows;
        public readonly int* Starts = starts;
        public readonly ushort* Index = index;
        public readonly uint* Value = value;
    }

    /// <summary>What becomes of the sums of sixteen columns of a row: integers in float64, columns 0 .. 7 and 8 .. 15.</summary>
    public interface ISink
    {
        /// <summary>Whether nothing becomes of a row without an entry.</summary>
        bool SkipsEmpty { get; }

        void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>;

        /// <summary>All columns from <paramref name="column"/> to <paramref name="end"/> of a row have been taken. Work that is too long to stand in the loop eight times.</summary>
        void Finish<T>(int row, int column, int end)
            where T : unmanaged, ILanes<T>;
    }

    /// <param name="digits">Of so many pairs, see <see cref="BlockWork"/>.</param>
    /// <param name="vectors">Times sixteen columns.</param>
    /// <param name="sink">By reference: a call through an `in` parameter of generic type copies the whole structure.</param>
    public static void Multiply<T, TSink>(in Panel panel, short* digits, int pairs, int vectors, ref TSink sink)
        where T : unmanaged, ILanes<T>
        where TSink : struct, ISink
    {
        for (int vector = 0; vector < vectors; vector += BlockWork.TileVectors)
        {
            int width = BlockWork.TileWidth(vectors, vector);
            short* tile = BlockWork.Place(digits, pairs, vectors, 0, vector);
            if (width == BlockWork.TileVectors && T.DigitTile >= width)
            {
                Rows<T, N2, TSink>(panel, tile, width * BlockWork.VectorShorts, vector * LaneMask.Lanes, ref sink);
                continue;
            }
            for (int within = 0; within < width; within++)
                Rows<T, N1, TSink>(panel, tile + (within * BlockWork.VectorShorts), width * BlockWork.VectorShorts, (vector + within) * LaneMask.Lanes, ref sink);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<T, N, TSink>(in Panel panel, short* digits, int pairShorts, int column, ref TSink sink)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
        where TSink : struct, ISink
    {
        int* starts = panel.Starts;
        ushort* index = panel.Index;
        uint* value = panel.Value;
        for (int r = 0; r < panel.Rows; r++)
        {
            int q = starts[r], end = starts[r + 1];
            if (q == end && sink.SkipsEmpty)
                continue;
            if (end - q > MostEntries)
            {
                Long<T, N, TSink>(panel, r, digits, pairShorts, column, ref sink);
                continue;
            }

            // N is a constant for the JIT: the branches vanish and so do the registers that a tile does not use.
            T l0 = default, h0 = default, l1 = default, h1 = default;
            for (; q < end; q++)
            {
                T x = T.BroadcastBits(value[q]);
                float* w = (float*)(digits + ((long)index[q] * pairShorts));
                l0 = T.AddInts(l0, T.MultiplyAddPairs(x, T.Load(w)));
                h0 = T.AddInts(h0, T.MultiplyAddPairs(x, T.Load(w + 16)));
                if (N.Value > 1)
                {
                    l1 = T.AddInts(l1, T.MultiplyAddPairs(x, T.Load(w + 32)));
                    h1 = T.AddInts(h1, T.MultiplyAddPairs(x, T.Load(w + 48)));
                }
            }
            sink.Take(r, column, Low(l0, h0), High(l0, h0));
            if (N.Value > 1)
                sink.Take(r, column + 16, Low(l1, h1), High(l1, h1));
            sink.Finish<T>(r, column, column + (16 * N.Value));
        }
    }

    // A row of more entries than 32 bits hold, vector by vector.
    private static void Long<T, N, TSink>(in Panel panel, int r, short* digits, int pairShorts, int column, ref TSink sink)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
        where TSink : struct, ISink
    {
        for (int vector = 0; vector < N.Value; vector++)
        {
            T low = T.Zero, high = T.Zero;
            for (int q = panel.Starts[r], end = panel.Starts[r + 1]; q < end;)
            {
                T l = T.Zero, h = T.Zero;
                for (int last = Math.Min(end, q + MostEntries); q < last; q++)
                {
                    T x = T.BroadcastBits(panel.Value[q]);
                    float* w = (float*)(digits + ((long)panel.Index[q] * pairShorts) + (vector * BlockWork.VectorShorts));
                    l = T.AddInts(l, T.MultiplyAddPairs(x, T.Load(w)));
                    h = T.AddInts(h, T.MultiplyAddPairs(x, T.Load(w + 16)));
                }
                low = T.AddDoubles(low, Low(l, h));
                high = T.AddDoubles(high, High(l, h));
            }
            sink.Take(r, column + (16 * vector), low, high);
        }
        sink.Finish<T>(r, column, column + (16 * N.Value));
    }

    // 4096 high + low, exactly.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Low<T>(T low, T high)
        where T : unmanaged, ILanes<T> => T.FmaDoubles(T.LowIntsToDoubles(high), T.BroadcastDouble(4096), T.LowIntsToDoubles(low));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T High<T>(T low, T high)
        where T : unmanaged, ILanes<T> => T.FmaDoubles(T.HighIntsToDoubles(high), T.BroadcastDouble(4096), T.HighIntsToDoubles(low));
}
