using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// G = sum over images of pixel * gate * q, [place, stride], exact. The chunks of a batch add up; with the last one G becomes
/// the gradient of W1 and b1, and sum over d of Wq G' becomes dw2: no activation is looked at again.
/// </summary>
/// <remarks>G stays below 2^53 (<see cref="ExactSums.MostBatch"/>), so that float64 holds it; G' = (G + 2^(s-1)) >> s.</remarks>
internal static unsafe class HiddenBackwardBody
{
    /// <summary>
    /// So many chunks in a row add up as digit sums of 32 bits, which have room for <see cref="PairRows.MostEntries"/> entries a row;
    /// then they go to float64.
    /// </summary>
    public const int PartChunks = PairRows.MostEntries / BlockWork.ImagePairs;

    /// <summary>Of a chunk that is not the last of its batch.</summary>
    public static void Accumulate<T>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        PairRows.Panel panel = images.Backward(chunk.Index);
        DigitTiles deltas = work.DeltaTiles<T>(chunk.Rows);
        if (work.Parts != null && chunk.Place % PartChunks != PartChunks - 1)
        {
            if (chunk.Place % PartChunks == 0)
            {
                var first = new FirstPart(work.Parts, block.Stride);
                PairRows.Multiply<T, FirstPart>(panel, deltas, ref first);
                return;
            }
            var next = new NextPart(work.Parts, block.Stride);
            PairRows.Multiply<T, NextPart>(panel, deltas, ref next);
            return;
        }
        var sum = new Sum(work, block.Stride, chunk);
        PairRows.Multiply<T, Sum>(panel, deltas, ref sum);
    }

    // Chunks before this one whose sums are parts; whether there are others before them.
    private static bool HasParts(in BlockWork work, in ChunkPointers chunk) => work.Parts != null && chunk.Place % PartChunks != 0;

    private static bool HasSums(in BlockWork work, in ChunkPointers chunk) => chunk.Place >= (work.Parts == null ? 1 : PartChunks);

    /// <summary>
    /// Of the last chunk of a batch: what becomes of each gradient is up to <typeparamref name="TRow"/>. Leaves the sums for dw2.
    /// </summary>
    public static void Finish<T, TRow>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
        where TRow : struct, IGradientRow
    {
        new Span<long>(work.WeightSums, block.Stride).Clear();
        new Span<int>(work.Words, block.Stride).Clear();
        T scale = T.Broadcast(ExactSums.GradientScale(chunk.BatchRows));
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T weights = T.Multiply(
                T.Load(block.Outputs == 1 ? block.W2 + column : work.DeltaPowers + column), T.Load(block.ColumnFactors + column));
            T.Store(T.Multiply(weights, scale), work.Factors + column);
        }
        var end = new End<TRow>(block, work, images, chunk);
        PairRows.Panel panel = images.Backward(chunk.Index);
        ushort* turns = images.Turns(chunk.Index);
        int rows = images.Places;
        if (TRow.KeepsUnset && chunk.IsFirst)
        {
            // Rows without a gradient come last.
            while (panel.Starts[rows - 2] == panel.Starts[rows])
                rows -= 2;
        }
        PairRows.Multiply<T, End<TRow>>(panel.First(rows), work.DeltaTiles<T>(chunk.Rows), ref end);
        if (TRow.IsUpdate && rows < images.Places)
            KeepLargest<T>(block, work, images.Order, turns, rows / 2, images.Places / 2);
    }

    // Weights that stay as they are count in the column's largest one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void KeepLargest<T>(in BlockPointers block, in BlockWork work, int* order, ushort* turns, int turn, int endTurn)
        where T : unmanaged, ILanes<T>
    {
        // Four vectors of a row lie side by side, which prefetchers like better than one of each row.
        const int Wide = 4 * LaneMask.Lanes;
        int column = 0;
        for (; column + Wide <= block.Stride; column += Wide)
        {
            float* most = work.Largest + column;
            T a = T.Load(most), b = T.Load(most + 16), c = T.Load(most + 32), d = T.Load(most + 48);
            for (int row = 2 * turn; row < 2 * endTurn; row++)
            {
                float* weights = Weights(block, work, order[(2 * turns[row / 2]) + (row % 2)]) + column;
                a = T.MaxInts(a, QuantiseBody.Magnitude(T.Load(weights)));
                b = T.MaxInts(b, QuantiseBody.Magnitude(T.Load(weights + 16)));
                c = T.MaxInts(c, QuantiseBody.Magnitude(T.Load(weights + 32)));
                d = T.MaxInts(d, QuantiseBody.Magnitude(T.Load(weights + 48)));
            }
            T.Store(a, most);
            T.Store(b, most + 16);
            T.Store(c, most + 32);
            T.Store(d, most + 48);
        }
        for (; column < block.Stride; column += LaneMask.Lanes)
        {
            T a = T.Load(work.Largest + column);
            for (int row = 2 * turn; row < 2 * endTurn; row++)
                a = T.MaxInts(a, QuantiseBody.Magnitude(T.Load(Weights(block, work, order[(2 * turns[row / 2]) + (row % 2)]) + column)));
            T.Store(a, work.Largest + column);
        }
    }

    // A partner that is missing has weights of 0 and no entries; what is written there is 0 again.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Weights(in BlockPointers block, in BlockWork work, int pixel) =>
        pixel < 0 ? (float*)work.Words : QuantiseBody.Row(block, pixel);

    /// <summary>dw2 of a column, once <see cref="Finish"/> is through.</summary>
    public static float GradientW2(in BlockPointers block, in BlockWork work, in ChunkPointers chunk, int column)
    {
        // Of a vector first the even columns, then the odd ones.
        int lane = column % LaneMask.Lanes;
        long sum = work.WeightSums[column - lane + (lane / 2) + (lane % 2 * (LaneMask.Lanes / 2))];
        int power = ExactSums.GradientShift(chunk.BatchRows, block.Inputs) + work.Exponents[column] - 63;
        return sum * ExactSums.PowerOfTwo(power) * ExactSums.GradientScale(chunk.BatchRows) * block.ColumnFactors[column];
    }

    /// <summary>What becomes of sixteen gradients of W1, or of b1 in the place of the constant pixel.</summary>
    public interface IGradientRow
    {
        /// <summary>
        /// Whether weights change: then they are stored, with their digits at the old scales and the column's largest one.
        /// </summary>
        static abstract bool IsUpdate { get; }

        /// <summary>Whether weights of pixels that no image of the batch sets stay as they are.</summary>
        static abstract bool KeepsUnset { get; }

        /// <summary>New weights.</summary>
        /// <param name="order">Pixels by row, -1 for the partner that the last one lacks.</param>
        /// <param name="open">Mask of the columns whose weights change.</param>
        /// <param name="down">The rate with a minus.</param>
        static abstract T Take<T>(in BlockPointers block, int* order, int row, int column, T open, T down, T weights, T gradient)
            where T : unmanaged, ILanes<T>;
    }

    private readonly struct FirstPart(int* parts, int stride) : PairRows.ISink
    {
        private readonly int* _parts = parts;
        private readonly int _stride = stride;

        public static bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> => T.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            T.Store(low, Part(_parts, _stride, row, column, 0));
            T.Store(high, Part(_parts, _stride, row, column, LaneMask.Lanes));
        }

        // Rows have at most as many entries as a chunk has pairs of images.
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> => throw new System.Diagnostics.UnreachableException();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    private readonly struct NextPart(int* parts, int stride) : PairRows.ISink
    {
        private readonly int* _parts = parts;
        private readonly int _stride = stride;

        public static bool SkipsEmpty => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> => T.Load(Part(_parts, _stride, row, column, digit));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            T.Store(low, Part(_parts, _stride, row, column, 0));
            T.Store(high, Part(_parts, _stride, row, column, LaneMask.Lanes));
        }

        // Rows have at most as many entries as a chunk has pairs of images.
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> => throw new System.Diagnostics.UnreachableException();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    /// <summary>With the parts before it to float64.</summary>
    private readonly struct Sum(in BlockWork work, int stride, in ChunkPointers chunk) : PairRows.ISink
    {
        private readonly int* _parts = work.Parts;
        private readonly double* _sums = work.Sums;
        private readonly int _stride = stride;
        private readonly bool _hasParts = HasParts(work, chunk), _hasSums = HasSums(work, chunk);

        public static bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public T Begin<T>(int row, int column, int digit)
            where T : unmanaged, ILanes<T> => _hasParts ? T.Load(Part(_parts, _stride, row, column, digit)) : T.Zero;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            float* target = (float*)(_sums + ((long)row * _stride) + column);
            T first = PairRows.First(low, high), second = PairRows.Second(low, high);
            if (_hasSums)
            {
                first = T.AddDoubles(T.Load(target), first);
                second = T.AddDoubles(T.Load(target + 16), second);
            }
            T.Store(first, target);
            T.Store(second, target + 16);
        }

        // Rows have at most as many entries as a chunk has pairs of images.
        public void TakeLong<T>(int row, int column, T first, T second)
            where T : unmanaged, ILanes<T> => throw new System.Diagnostics.UnreachableException();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int endRow, int column, int endColumn)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Part(int* parts, int stride, int row, int column, int digit) =>
        (float*)parts + (2L * row * stride) + (2 * column) + digit;

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
            where T : unmanaged, ILanes<T> => _hasParts ? T.Load(Part(_parts, _block.Stride, row, column, digit)) : T.Zero;

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
