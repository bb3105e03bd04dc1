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
    /// <summary>Of a chunk that is not the last of its batch.</summary>
    public static void Accumulate<T>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        if (chunk.IsFirst)
        {
            var start = new Start(work.Sums, block.Stride);
            PairRows.Multiply<T, Start>(images.Backward(chunk.Index), work.Deltas, BlockWork.ImagePairs, work.Vectors, ref start);
            return;
        }
        var goOn = new GoOn(work.Sums, block.Stride);
        PairRows.Multiply<T, GoOn>(images.Backward(chunk.Index), work.Deltas, BlockWork.ImagePairs, work.Vectors, ref goOn);
    }

    /// <summary>Of the last chunk of a batch: what becomes of each gradient is up to <typeparamref name="TRow"/>. Leaves the sums for dw2.</summary>
    public static void Finish<T, TRow>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
        where TRow : struct, IGradientRow
    {
        new Span<double>(work.WeightSums, 2 * block.Stride).Clear();
        T scale = T.Broadcast(ExactSums.GradientScale(chunk.BatchRows));
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
            T.Store(T.Multiply(T.Load(block.W2 + column), scale), work.Factors + column);
        var end = new End<TRow>(block, work, images, chunk);
        PairRows.Multiply<T, End<TRow>>(images.Backward(chunk.Index), work.Deltas, BlockWork.ImagePairs, work.Vectors, ref end);
    }

    /// <summary>dw2 of a column, once <see cref="Finish"/> is through.</summary>
    public static float GradientW2(in BlockPointers block, in BlockWork work, in ChunkPointers chunk, int column)
    {
        // Sixteen columns take 32 numbers: high halves of the first eight and the second eight, then low halves.
        double* sums = work.WeightSums + (column / 16 * 32) + (column % 16);
        long sum = ((long)sums[0] * 4096) + (long)sums[16];
        int power = ExactSums.GradientShift(chunk.BatchRows, block.Inputs) + work.Exponents[column] - 63;
        return sum * ExactSums.PowerOfTwo(power) * ExactSums.GradientScale(chunk.BatchRows);
    }

    /// <summary>What becomes of sixteen gradients of W1, or of b1 in the place of the constant pixel.</summary>
    public interface IGradientRow
    {
        static abstract void Take<T>(in BlockPointers block, in BlockWork work, int pixel, int place, int column, T weights, T gradient)
            where T : unmanaged, ILanes<T>;

        /// <summary>Columns of a row whose sums are 0: no image of the batch sets the pixel.</summary>
        /// <param name="isPairUnchanged">Whether the same holds of the pixel beside it.</param>
        static abstract void TakeUnchanged<T>(in BlockPointers block, in BlockWork work, int pixel, int place, bool isPairUnchanged, int column, int end)
            where T : unmanaged, ILanes<T>;

        /// <summary>The last place has no pixel: its partner is alone.</summary>
        static abstract void TakeNone<T>(in BlockWork work, int place, int column, int end)
            where T : unmanaged, ILanes<T>;
    }

    private readonly struct Start(double* sums, int stride) : PairRows.ISink
    {
        private readonly double* _sums = sums;
        private readonly int _stride = stride;

        public bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            float* target = (float*)(_sums + ((long)row * _stride) + column);
            T.Store(low, target);
            T.Store(high, target + 16);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int column, int end)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    private readonly struct GoOn(double* sums, int stride) : PairRows.ISink
    {
        private readonly double* _sums = sums;
        private readonly int _stride = stride;

        public bool SkipsEmpty => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            float* target = (float*)(_sums + ((long)row * _stride) + column);
            T.Store(T.AddDoubles(T.Load(target), low), target);
            T.Store(T.AddDoubles(T.Load(target + 16), high), target + 16);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Finish<T>(int row, int column, int end)
            where T : unmanaged, ILanes<T>
        {
        }
    }

    private readonly struct End<TRow>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk) : PairRows.ISink
        where TRow : struct, IGradientRow
    {
        private const float Units = 1f / (1L << 40);

        private readonly BlockPointers _block = block;
        private readonly BlockWork _work = work;
        private readonly int* _order = images.Order, _starts = images.Backward(chunk.Index).Starts;
        private readonly bool _goesOn = !chunk.IsFirst;
        private readonly double _shift = 1.0 / (1L << ExactSums.GradientShift(chunk.BatchRows, block.Inputs));

        public bool SkipsEmpty => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Take<T>(int row, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            float* sums = (float*)(_work.Row + column);
            T.Store(low, sums);
            T.Store(high, sums + 16);
        }

        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public void Finish<T>(int row, int column, int end)
            where T : unmanaged, ILanes<T>
        {
            int pixel = _order[row];
            if (pixel < 0)
            {
                TRow.TakeNone<T>(_work, row, column, end);
                return;
            }
            if (!_goesOn && _starts[row] == _starts[row + 1])
            {
                int partner = row ^ 1;
                TRow.TakeUnchanged<T>(_block, _work, pixel, row, _starts[partner] == _starts[partner + 1], column, end);
                return;
            }
            float* weights = QuantiseBody.Row(_block, pixel);
            for (; column < end; column += LaneMask.Lanes)
            {
                float* sums = (float*)(_work.Row + column);
                T low = T.Load(sums), high = T.Load(sums + 16);
                if (_goesOn)
                {
                    sums = (float*)(_work.Sums + ((long)row * _block.Stride) + column);
                    low = T.AddDoubles(low, T.Load(sums));
                    high = T.AddDoubles(high, T.Load(sums + 16));
                }
                T old = T.Load(weights + column);
                AddWeightSums(T.Round(T.Multiply(old, T.Load(_work.Scales + column))), column, low, high);

                // A product that is 0 is +0, so that a weight without a gradient keeps its bits.
                T sum = T.Multiply(T.DoublesToFloats(low, high), T.Broadcast(Units));
                TRow.Take(_block, _work, pixel, row, column, old, T.Fma(sum, T.Load(_work.Factors + column), T.Zero));
            }
        }

        // Wq in two halves: each half's sum of products stays below 2^53.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void AddWeightSums<T>(T quantised, int column, T low, T high)
            where T : unmanaged, ILanes<T>
        {
            T shift = T.BroadcastDouble(_shift), half = T.BroadcastDouble(0.5), down = T.BroadcastDouble(1.0 / 4096), up = T.BroadcastDouble(-4096);
            float* sums = (float*)(_work.WeightSums + (2 * column));
            T gradient = T.FloorDoubles(T.FmaDoubles(low, shift, half)), weight = T.LowToDoubles(quantised);
            T highHalf = T.RoundDoubles(T.MultiplyDoubles(weight, down));
            T.Store(T.FmaDoubles(highHalf, gradient, T.Load(sums)), sums);
            T.Store(T.FmaDoubles(T.FmaDoubles(highHalf, up, weight), gradient, T.Load(sums + 32)), sums + 32);
            gradient = T.FloorDoubles(T.FmaDoubles(high, shift, half));
            weight = T.HighToDoubles(quantised);
            highHalf = T.RoundDoubles(T.MultiplyDoubles(weight, down));
            T.Store(T.FmaDoubles(highHalf, gradient, T.Load(sums + 16)), sums + 16);
            T.Store(T.FmaDoubles(T.FmaDoubles(highHalf, up, weight), gradient, T.Load(sums + 48)), sums + 48);
        }
    }
}
