using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// Gradient descent: parameter = fma(-rate, gradient, parameter), with each model's own rate. With weight decay (L2) the
/// gradient of W1 and w2 is fma(decay, weight, gradient); without it that step is left out, not done with 0. A model that has
/// failed has a rate of 0 in a block's work and keeps its parameters.
/// </summary>
internal static unsafe class UpdateBody
{
    /// <summary>W1 [D, stride] from gradients in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights<T>(in BlockPointers block, in BlockWork work)
        where T : unmanaged, ILanes<T>
    {
        float* w = block.W1, g = block.GradW1;
        for (int d = 0; d < block.Inputs; d++, w += block.Stride, g += block.Stride)
            Row<T>(block, work, w, g, block.WeightDecay);
    }

    /// <summary>b1, w2 and b2 from gradients in memory.</summary>
    public static void Rest<T>(in BlockPointers block, in BlockWork work)
        where T : unmanaged, ILanes<T>
    {
        Row<T>(block, work, block.B1, block.GradB1, decay: 0);
        Row<T>(block, work, block.W2, block.GradW2, block.WeightDecay);
        for (int slot = 0; slot < block.Slots; slot++)
            Bias(block, work, slot, block.GradB2[slot]);
    }

    /// <summary>
    /// All parameters at the end of a batch, its last chunk's product included: W1, b1 and their new digits in one pass, then
    /// what is in no product, w2 and b2.
    /// </summary>
    public static void Batch<T>(in BlockPointers block, in BlockWork work, in PairPointers images, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        new Span<float>(work.Largest, block.Stride).Clear();
        if (block.IsMasked || block.WeightDecay != 0)
            HiddenBackwardBody.Finish<T, Any>(block, work, images, chunk);
        else
            HiddenBackwardBody.Finish<T, Plain>(block, work, images, chunk);
        if (block.WeightDecay != 0)
            Dropped<T>(block, work, images);
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
            T.Store(T.MaxInts(T.Load(work.Largest + column), T.Load(work.FixedLargest + column)), work.Largest + column);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            if (work.Failed[slot] != 0)
                continue;
            float rate = block.SlotRates[slot];
            for (int column = block.Column(slot); column < block.Column(slot) + block.Hidden(slot); column++)
            {
                float gradient = HiddenBackwardBody.GradientW2(block, work, chunk, column), weight = block.W2[column];
                gradient = block.WeightDecay == 0 ? gradient : MathF.FusedMultiplyAdd(block.WeightDecay, weight, gradient);
                block.W2[column] = block.IsMasked && !(block.MaskW2[column] > 0f) ? 0f : MathF.FusedMultiplyAdd(-rate, gradient, weight);
            }
            Bias(block, work, slot, work.DeltaSums[slot] * ExactSums.BiasScale(chunk.BatchRows));
        }
    }

    private static void Bias(in BlockPointers block, in BlockWork work, int slot, float gradient)
    {
        if (work.Failed[slot] == 0)
            block.B2[slot] = MathF.FusedMultiplyAdd(-block.SlotRates[slot], gradient, block.B2[slot]);
    }

    // Pixels that no image sets have no gradient; decay shrinks their weights all the same.
    private static void Dropped<T>(in BlockPointers block, in BlockWork work, in PairPointers images)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T most = T.Zero;
            for (int i = 0; i < images.DroppedCount; i++)
            {
                float* row = block.W1 + ((long)images.Dropped[i] * block.Stride) + column;
                T weights = Step(work, column, T.Load(row), T.Zero, block.WeightDecay);
                T.Store(weights, row);
                most = T.MaxInts(most, QuantiseBody.Magnitude(weights));
            }
            T.Store(most, work.FixedLargest + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T>(in BlockPointers block, in BlockWork work, float* parameters, float* gradient, float decay)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
            T.Store(Step(work, column, T.Load(parameters + column), T.Load(gradient + column), decay), parameters + column);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Step<T>(in BlockWork work, int column, T parameters, T gradient, float decay)
        where T : unmanaged, ILanes<T>
    {
        T rates = T.Load(work.Rates + column);
        if (decay != 0)
            gradient = T.Fma(T.Broadcast(decay), parameters, gradient);
        return T.Select(T.Greater(rates, T.Zero), T.Fma(T.Subtract(T.Zero, rates), gradient, parameters), parameters);
    }

    // Digits at the old scales: right unless the column's exponent changes, which QuantiseBody.Changed looks after. The first
    // pixel of a pair waits for the second one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Digits<T>(in BlockWork work, int place, int column, T weights)
        where T : unmanaged, ILanes<T>
    {
        KeepLargest(work, column, weights);
        T quantised = T.RoundToInts(T.Multiply(weights, T.Load(work.Scales + column)));
        if (place % 2 == 0)
            T.Store(quantised, (float*)work.Words + column);
        else
            Pair(work, place, column, quantised);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KeepLargest<T>(in BlockWork work, int column, T weights)
        where T : unmanaged, ILanes<T> =>
        T.Store(T.MaxInts(T.Load(work.Largest + column), QuantiseBody.Magnitude(weights)), work.Largest + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair<T>(in BlockWork work, int place, int column, T second)
        where T : unmanaged, ILanes<T>
    {
        QuantiseBody.Split(T.Load((float*)work.Words + column), second, out T low, out T high);
        float* target = (float*)BlockWork.Place(work.Digits, work.Pairs, work.Vectors, place / 2, column / LaneMask.Lanes);
        T.Store(low, target);
        T.Store(high, target + LaneMask.Lanes);
    }

    private static void Alone<T>(in BlockWork work, int place, int column, int end)
        where T : unmanaged, ILanes<T>
    {
        for (; column < end; column += LaneMask.Lanes)
            Pair(work, place, column, T.Zero);
    }

    private readonly struct Plain : HiddenBackwardBody.IGradientRow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take<T>(in BlockPointers block, in BlockWork work, int pixel, int place, int column, T weights, T gradient)
            where T : unmanaged, ILanes<T>
        {
            weights = Step(work, column, weights, gradient, decay: 0);
            T.Store(weights, QuantiseBody.Row(block, pixel) + column);
            Digits(work, place, column, weights);
        }

        public static void TakeUnchanged<T>(in BlockPointers block, in BlockWork work, int pixel, int place, bool isPairUnchanged, int column, int end)
            where T : unmanaged, ILanes<T>
        {
            float* row = QuantiseBody.Row(block, pixel);
            for (; column < end; column += LaneMask.Lanes)
            {
                // Digits of a pair without a gradient stand as they are.
                if (isPairUnchanged)
                    KeepLargest(work, column, T.Load(row + column));
                else
                    Digits(work, place, column, T.Load(row + column));
            }
        }

        public static void TakeNone<T>(in BlockWork work, int place, int column, int end)
            where T : unmanaged, ILanes<T> => Alone<T>(work, place, column, end);
    }

    private readonly struct Any : HiddenBackwardBody.IGradientRow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take<T>(in BlockPointers block, in BlockWork work, int pixel, int place, int column, T weights, T gradient)
            where T : unmanaged, ILanes<T>
        {
            bool isBias = pixel == block.Inputs;
            weights = Step(work, column, weights, gradient, isBias ? 0 : block.WeightDecay);
            if (block.IsMasked && !isBias)
                weights = T.Select(T.Greater(T.Load(block.MaskW1 + ((long)pixel * block.Stride) + column), T.Zero), weights, T.Zero);
            T.Store(weights, QuantiseBody.Row(block, pixel) + column);
            Digits(work, place, column, weights);
        }

        public static void TakeUnchanged<T>(in BlockPointers block, in BlockWork work, int pixel, int place, bool isPairUnchanged, int column, int end)
            where T : unmanaged, ILanes<T>
        {
            float* row = QuantiseBody.Row(block, pixel);
            for (; column < end; column += LaneMask.Lanes)
                Take(block, work, pixel, place, column, T.Load(row + column), T.Zero);
        }

        public static void TakeNone<T>(in BlockWork work, int place, int column, int end)
            where T : unmanaged, ILanes<T> => Alone<T>(work, place, column, end);
    }
}
