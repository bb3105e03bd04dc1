using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// G = sum over images of pixel * gate * q, [place, stride], exact. The chunks of a batch add up; with the last one G becomes
/// the gradient of W1 and b1, and sum over d of Wq G' becomes dw2: no activation is looked at again.
/// </summary>
/// <remarks>G stays below 2^53 (<see cref="ExactSums.MostBatch"/>), so that float64 holds it; G' = (G + 2^(s-1)) >> s.</remarks>
internal static unsafe partial class HiddenBackwardBody
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
                var first = new Parts<First>(work.Parts, images.Places);
                PairRows.Multiply<T, Parts<First>>(panel, deltas, ref first);
                return;
            }
            var next = new Parts<Later>(work.Parts, images.Places);
            PairRows.Multiply<T, Parts<Later>>(panel, deltas, ref next);
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
}
