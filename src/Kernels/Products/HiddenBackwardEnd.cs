using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>What the sums of a batch become.</summary>
internal static unsafe partial class HiddenBackwardBody
{
    /// <remarks>
    /// A band of rows is finished at once, vector by vector, so that what belongs to a column stays in registers. Two rows whose
    /// pixels are partners make one row of digits.
    /// </remarks>
    private readonly struct End<TRow>(
        in BlockPointers block,
        in BlockWork work,
        in PairPointers images,
        in ChunkPointers chunk) : PairRows.ISink
        where TRow : struct, IGradientRow
    {
        private const float Units = 1f / (1L << 40);

        private const int Narrow = 0, Wide = 1;

        // So many entries of two pixels up to 255 times a digit of at most 2,048 stay below 2^24, where float32 has all integers.
        private const int MostNarrow = 16;

        // The high digit sum counts 2^12: up to this shift it stays whole.
        private const int MostShift = 12;

        private readonly BlockPointers _block = block;
        private readonly BlockWork _work = work;
        private readonly int* _order = images.Order, _starts = images.Backward(chunk.Index).Starts;
        private readonly ushort* _turns = images.Turns(chunk.Index);
        private readonly int* _parts = work.Parts;
        private readonly bool _hasParts = HasParts(work, chunk), _hasSums = HasSums(work, chunk);
        private readonly int _shift = ExactSums.GradientShift(chunk.BatchRows, block.Inputs);

        // Sums are those of this chunk alone and the shift is small: then G' is shifted in 32 bits.
        private readonly bool _isShort = chunk.IsFirst && ExactSums.GradientShift(chunk.BatchRows, block.Inputs) <= MostShift;

        public static bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> => _hasParts ? T.Load(Part(_parts, 2 * _work.Pairs, row, column, digit)) : T.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            float* sums = Sums(row % PairRows.Band, column);
            T.Store(low, sums);
            T.Store(high, sums + 16);
        }

        // Rows have at most as many entries as a chunk has pairs of images.
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> => throw new System.Diagnostics.UnreachableException();

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
            // Pairs of rows of few entries, and the others.
            const int Most = PairRows.Band / 2, Kinds = 2;
            PairOfRows* pairs = stackalloc PairOfRows[Kinds * Most];
            int* counts = stackalloc int[Kinds];
            for (; row < endRow; row += 2)
            {
                int turn = _turns[row / 2], kind = Kind(row);
                pairs[(kind * Most) + counts[kind]++] = new PairOfRows(
                    Weights(_block, _work, _order[2 * turn]), Weights(_block, _work, _order[(2 * turn) + 1]), row % PairRows.Band, 2
                        * turn);
            }
            DigitTiles tiles = _work.WeightTiles<T>();
            T up = T.BroadcastBits((uint)(MostShift - _shift)), half = T.BroadcastBits((1u << _shift) >> 1), shift = T.BroadcastBits(
                (uint)_shift);
            for (; column < endColumn; column += LaneMask.Lanes)
            {
                short* digits = tiles.Start(column / LaneMask.Lanes);
                int pairShorts = tiles.PairShorts(column / LaneMask.Lanes);
                float* weightSums = (float*)(_work.WeightSums + column);
                T largest = T.Load(_work.Largest + column), even = T.Load(weightSums), odd = T.Load(weightSums + 16);
                T scale = T.Load(_work.Scales + column), factor = T.Load(_work.Factors + column), rate = T.Load(_work.Rates + column);
                T open = T.Greater(rate, T.Zero), down = T.Subtract(T.Zero, rate);
                for (PairOfRows* pair = pairs, end = pair + counts[Narrow]; pair < end; pair++)
                {
                    float* sums = Sums(pair->Slot, column);
                    T sum = NarrowSum(sums, up, half, shift, out T shifted);
                    T first = Row(
                        pair->First + column,
                        pair->Row,
                        column,
                        sum,
                        shifted,
                        scale,
                        factor,
                        open,
                        down,
                        ref largest,
                        ref even,
                        ref odd);
                    sum = NarrowSum(sums + (2 * _block.Stride), up, half, shift, out shifted);
                    T second = Row(
                        pair->Second + column,
                        pair->Row + 1,
                        column,
                        sum,
                        shifted,
                        scale,
                        factor,
                        open,
                        down,
                        ref largest,
                        ref even,
                        ref odd);
                    StoreDigits(first, second, digits + ((long)(pair->Row / 2) * pairShorts));
                }
                for (PairOfRows* pair = pairs + Most, end = pair + counts[Wide]; pair < end; pair++)
                {
                    float* sums = Sums(pair->Slot, column);
                    T sum = WideSum(pair->Row, column, sums, up, half, shift, out T shifted);
                    T first = Row(
                        pair->First + column,
                        pair->Row,
                        column,
                        sum,
                        shifted,
                        scale,
                        factor,
                        open,
                        down,
                        ref largest,
                        ref even,
                        ref odd);
                    sum = WideSum(pair->Row + 1, column, sums + (2 * _block.Stride), up, half, shift, out shifted);
                    T second = Row(
                        pair->Second + column,
                        pair->Row + 1,
                        column,
                        sum,
                        shifted,
                        scale,
                        factor,
                        open,
                        down,
                        ref largest,
                        ref even,
                        ref odd);
                    StoreDigits(first, second, digits + ((long)(pair->Row / 2) * pairShorts));
                }
                T.Store(largest, _work.Largest + column);
                T.Store(even, weightSums);
                T.Store(odd, weightSums + 16);
            }
        }

        // Without a branch: once a pair and tile, it would be foreseen no better than which pixels are set.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private int Kind(int row)
        {
            int first = _starts[row + 1] - _starts[row], second = _starts[row + 2] - _starts[row + 1];
            int isLong = ((MostNarrow - first) | (MostNarrow - second)) >>> 31;
            return _isShort ? isLong : Wide;
        }

        private float* Sums(int slot, int column) => (float*)_work.Band + (2 * ((slot * _block.Stride) + column));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StoreDigits<T>(T first, T second, short* target)
            where T : unmanaged, ILanes<T>
        {
            if (!TRow.IsUpdate)
                return;
            QuantiseBody.Split(first, second, out T low, out T high);
            T.Store(low, (float*)target);
            T.Store(high, (float*)target + LaneMask.Lanes);
        }

        // fl(G) 2^-40, by the one rounding of the multiply-add, and G'.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static T NarrowSum<T>(float* sums, T up, T half, T shift, out T shifted)
            where T : unmanaged, ILanes<T>
        {
            T low = T.Load(sums), high = T.Load(sums + 16);
            shifted = Shifted(low, high, up, half, shift);
            return T.Fma(T.IntsToFloats(high), T.Broadcast(4096 * Units), T.Multiply(T.IntsToFloats(low), T.Broadcast(Units)));
        }

        // G' = floor((4096 high + low + 2^(s-1)) / 2^s), below 2^31: high counts a multiple of 2^s.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static T Shifted<T>(T low, T high, T up, T half, T shift)
            where T : unmanaged, ILanes<T> => T.AddInts(T.ShiftLeftInts(high, up), T.ShiftRightInts(T.AddInts(low, half), shift));

        // fl(G) 2^-40, and G', of a row whose sums may be large or go on from those of earlier chunks.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T WideSum<T>(int row, int column, float* sums, T up, T half, T shift, out T shifted)
            where T : unmanaged, ILanes<T>
        {
            T low = T.Load(sums), high = T.Load(sums + 16), a = PairRows.First(low, high), b = PairRows.Second(low, high);
            if (_isShort)
            {
                shifted = Shifted(low, high, up, half, shift);
            }
            else
            {
                if (_hasSums)
                {
                    float* before = (float*)(_work.Sums + ((long)row * _block.Stride) + column);
                    a = T.AddDoubles(a, T.Load(before));
                    b = T.AddDoubles(b, T.Load(before + 16));
                }
                T unit = T.BroadcastDouble(1.0 / (1L << _shift)), rounded = T.BroadcastDouble(0.5);
                shifted = T.DoublesToInts(T.FloorDoubles(T.FmaDoubles(a, unit, rounded)), T.FloorDoubles(T.FmaDoubles(b, unit, rounded)));
            }
            return T.Multiply(T.DoublesToFloats(a, b), T.Broadcast(Units));
        }

        // New weights as integers of the old scale.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private T Row<T>(
            float* target, int row, int column, T sum, T shifted, T scale, T factor, T open, T down, ref T largest, ref T even, ref T odd)
            where T : unmanaged, ILanes<T>
        {
            T weights = T.Load(target), quantised = T.RoundToInts(T.Multiply(weights, scale));
            even = T.AddLongs(even, T.MultiplyEvenInts(quantised, shifted));
            odd = T.AddLongs(odd, T.MultiplyOddInts(quantised, shifted));

            // A product that is 0 is +0, so that a weight without a gradient keeps its bits.
            weights = TRow.Take(_block, _order, row, column, open, down, weights, T.Fma(sum, factor, T.Zero));
            if (!TRow.IsUpdate)
                return T.Zero;
            T.Store(weights, target);
            largest = T.MaxInts(largest, QuantiseBody.Magnitude(weights));
            return T.RoundToInts(T.Multiply(weights, scale));
        }

        /// <summary>
        /// Two rows whose pixels are partners: their weights at column 0, the first one's place in its band, and its number.
        /// </summary>
        private readonly struct PairOfRows(float* first, float* second, int slot, int row)
        {
            public readonly float* First = first, Second = second;
            public readonly int Slot = slot, Row = row;
        }
    }
}
