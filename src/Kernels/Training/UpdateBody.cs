using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training.Optimisers;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// A step of all parameters, with each model's own rate. W1 and w2 decay, biases do not. A model that has failed has a rate of
/// 0 in a block's work and keeps its parameters.
/// </summary>
internal static unsafe class UpdateBody<TOptimiser>
    where TOptimiser : struct, IOptimiser
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
        for (int k = 0; k < block.Outputs; k++)
        {
            long first = (long)k * block.OutputPitch;
            Row<T>(block, work, block.W2 + first, block.GradW2 + first, block.WeightDecay);
        }
        for (int slot = 0; slot < block.Slots; slot++)
        {
            for (int k = 0; k < block.Outputs; k++)
                Bias(block, work, slot, k, block.GradB2[(slot * block.Outputs) + k]);
        }
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
        if (block.WeightDecay != 0 || !TOptimiser.RestsWithoutGradient)
            Dropped<T>(block, work, images);
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
            T.Store(T.MaxInts(T.Load(work.Largest + column), T.Load(work.FixedLargest + column)), work.Largest + column);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            if (work.Failed[slot] != 0)
                continue;
            for (int k = 0; k < block.Outputs; k++)
            {
                for (int column = block.Column(slot); column < block.Column(slot) + block.Hidden(slot); column++)
                {
                    float gradient = OutputBackwardBody.GradientW2(block, work, chunk, slot, k, column);
                    long place = ((long)k * block.OutputPitch) + column;
                    block.W2[place] = block.IsMasked && !(block.MaskW2[place] > 0f)
                        ? 0f
                        : TOptimiser.Step<Scalar>(block.W2[place], gradient, -block.SlotRates[slot], block.WeightDecay).Value;
                }
                float bias = work.DeltaSums[(slot * block.Outputs) + k] * ExactSums.BiasScale(chunk.BatchRows) * block.SlotFactors[slot];
                Bias(block, work, slot, k, bias);
            }
        }
    }

    private static void Bias(in BlockPointers block, in BlockWork work, int slot, int k, float gradient)
    {
        float* bias = block.B2 + (slot * block.Outputs) + k;
        if (work.Failed[slot] == 0)
            *bias = TOptimiser.Step<Scalar>(*bias, gradient, -block.SlotRates[slot], decay: 0).Value;
    }

    // Pixels that no image sets have no gradient; their weights may change all the same.
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
        return T.Select(T.Greater(rates, T.Zero), TOptimiser.Step(parameters, gradient, T.Subtract(T.Zero, rates), decay), parameters);
    }

    private readonly struct Plain : HiddenBackwardBody.IGradientRow
    {
        public static bool IsUpdate => true;

        public static bool KeepsUnset => TOptimiser.RestsWithoutGradient;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Take<T>(in BlockPointers block, int* order, int row, int column, T open, T down, T weights, T gradient)
            where T : unmanaged, ILanes<T> => T.Select(open, TOptimiser.Step(weights, gradient, down, decay: 0), weights);
    }

    private readonly struct Any : HiddenBackwardBody.IGradientRow
    {
        public static bool IsUpdate => true;

        public static bool KeepsUnset => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Take<T>(in BlockPointers block, int* order, int row, int column, T open, T down, T weights, T gradient)
            where T : unmanaged, ILanes<T>
        {
            int pixel = order[row];
            bool isWeight = pixel >= 0 && pixel < block.Inputs;
            weights = T.Select(open, TOptimiser.Step(weights, gradient, down, isWeight ? block.WeightDecay : 0), weights);
            return block.IsMasked && isWeight
                ? T.Select(T.Greater(T.Load(block.MaskW1 + ((long)pixel * block.Stride) + column), T.Zero), weights, T.Zero)
                : weights;
        }
    }
}
