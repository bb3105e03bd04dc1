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
        for (int d = 0; d < block.Inputs; d++)
        {
            long row = (long)d * block.Stride;
            Row<T>(block, work, block.W1 + row, block.GradW1 + row, block.WeightDecay, block.State1.W1 + row, block.State2.W1 + row);
        }
    }

    /// <summary>b1, w2 and b2 from gradients in memory.</summary>
    public static void Rest<T>(in BlockPointers block, in BlockWork work)
        where T : unmanaged, ILanes<T>
    {
        Row<T>(block, work, block.B1, block.GradB1, decay: 0, block.State1.B1, block.State2.B1);
        for (int k = 0; k < block.Outputs; k++)
        {
            long first = (long)k * block.OutputPitch;
            Row<T>(
                block, work, block.W2 + first, block.GradW2 + first, block.WeightDecay, block.State1.W2 + first, block.State2.W2 + first);
        }
        for (int slot = 0; slot < block.Slots; slot++)
        {
            for (int k = 0; k < block.Outputs; k++)
                Bias(block, work, slot, k, block.GradB2[(slot * block.Outputs) + k]);
        }
    }

    /// <summary>Before a step: its corrections for the block's columns.</summary>
    /// <param name="step">Of the epoch, from 0.</param>
    public static void Open(in BlockPointers block, int step)
    {
        if (TOptimiser.States == 0)
            return;
        for (int slot = 0; slot < block.Slots; slot++)
        {
            float* corrections = block.Corrections + (2 * (((long)step * block.Kinds) + block.SlotKinds[slot]));
            for (int row = 0; row < 2; row++)
            {
                float* columns = block.StepColumns + ((long)(4 + row) * block.OutputPitch) + block.Column(slot);
                new Span<float>(columns, block.Hidden(slot)).Fill(corrections[row]);
            }
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
        if (block.IsMasked || block.WeightDecay != 0 || TOptimiser.States > 0)
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
                        : One(
                            block, slot, column, block.W2[place], gradient, block.WeightDecay,
                            block.State1.W2 + place, block.State2.W2 + place);
                }
                float bias = work.DeltaSums[(slot * block.Outputs) + k] * ExactSums.BiasScale(chunk.BatchRows) * block.SlotFactors[slot];
                Bias(block, work, slot, k, bias);
            }
        }
    }

    private static void Bias(in BlockPointers block, in BlockWork work, int slot, int k, float gradient)
    {
        int at = (slot * block.Outputs) + k;
        if (work.Failed[slot] == 0)
        {
            block.B2[at] = One(
                block, slot, block.Column(slot), block.B2[at], gradient, decay: 0, block.State1.B2 + at, block.State2.B2 + at);
        }
    }

    // One parameter of a model; a column of it has its factors. Without a rate it rests, and its state with it, as vectors do.
    private static float One(
        in BlockPointers block, int slot, int column, float parameter, float gradient, float decay, float* state1, float* state2)
    {
        Scalar first = Scalar.Zero, second = Scalar.Zero;
        if (!(block.SlotRates[slot] > 0f))
            return parameter;
        if (TOptimiser.States == 0)
        {
            return TOptimiser.Step<Scalar>(
                parameter, gradient, new StepFactors<Scalar>(-block.SlotRates[slot]), decay, ref first, ref second).Value;
        }
        float* factors = block.StepColumns + column;
        int pitch = block.OutputPitch;
        first = *state1;
        if (TOptimiser.States > 1)
            second = *state2;
        float stepped = TOptimiser.Step<Scalar>(
            parameter,
            gradient,
            new StepFactors<Scalar>(
                -block.SlotRates[slot], factors[0], factors[pitch], factors[2 * pitch], factors[3 * pitch], factors[4 * pitch],
                factors[5 * pitch]),
            decay,
            ref first,
            ref second).Value;
        *state1 = first.Value;
        if (TOptimiser.States > 1)
            *state2 = second.Value;
        return stepped;
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
                long at = ((long)images.Dropped[i] * block.Stride) + column;
                T weights = Step(
                    block, work, column, T.Load(block.W1 + at), T.Zero, block.WeightDecay, block.State1.W1 + at, block.State2.W1 + at);
                if (block.IsMasked && TOptimiser.States > 0)
                    weights = T.Select(T.Greater(T.Load(block.MaskW1 + at), T.Zero), weights, T.Zero);
                T.Store(weights, block.W1 + at);
                most = T.MaxInts(most, QuantiseBody.Magnitude(weights));
            }
            T.Store(most, work.FixedLargest + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T>(
        in BlockPointers block, in BlockWork work, float* parameters, float* gradient, float decay, float* state1, float* state2)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T stepped = Step(
                block, work, column, T.Load(parameters + column), T.Load(gradient + column), decay, state1 + column, state2 + column);
            T.Store(stepped, parameters + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Step<T>(
        in BlockPointers block, in BlockWork work, int column, T parameters, T gradient, float decay, float* state1, float* state2)
        where T : unmanaged, ILanes<T>
    {
        T rates = T.Load(work.Rates + column);
        return Take(
            block, column, T.Greater(rates, T.Zero), T.Subtract(T.Zero, rates), parameters, gradient, decay, state1, state2);
    }

    // Sixteen parameters of columns from one on, where the mask says so.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Take<T>(
        in BlockPointers block, int column, T open, T down, T parameters, T gradient, float decay, float* state1, float* state2)
        where T : unmanaged, ILanes<T>
    {
        T first = T.Zero, second = T.Zero;
        if (TOptimiser.States == 0)
        {
            return T.Select(
                open, TOptimiser.Step(parameters, gradient, new StepFactors<T>(down), decay, ref first, ref second), parameters);
        }
        float* factors = block.StepColumns + column;
        int pitch = block.OutputPitch;
        T old1 = T.Load(state1), old2 = TOptimiser.States > 1 ? T.Load(state2) : T.Zero;
        (first, second) = (old1, old2);
        T stepped = TOptimiser.Step(
            parameters,
            gradient,
            new StepFactors<T>(
                down, T.Load(factors), T.Load(factors + pitch), T.Load(factors + (2 * pitch)), T.Load(factors + (3 * pitch)),
                T.Load(factors + (4 * pitch)), T.Load(factors + (5 * pitch))),
            decay,
            ref first,
            ref second);
        T.Store(T.Select(open, first, old1), state1);
        if (TOptimiser.States > 1)
            T.Store(T.Select(open, second, old2), state2);
        return T.Select(open, stepped, parameters);
    }

    private readonly struct Plain : HiddenBackwardBody.IGradientRow
    {
        public static bool IsUpdate => true;

        public static bool KeepsUnset => TOptimiser.RestsWithoutGradient;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Take<T>(in BlockPointers block, int* order, int row, int column, T open, T down, T weights, T gradient)
            where T : unmanaged, ILanes<T>
        {
            T none1 = T.Zero, none2 = T.Zero;
            return T.Select(
                open, TOptimiser.Step(weights, gradient, new StepFactors<T>(down), decay: 0, ref none1, ref none2), weights);
        }
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
            long at = ((long)pixel * block.Stride) + column;

            // The partner that the last pixel lacks has no state.
            if (TOptimiser.States > 0 && pixel < 0)
                return weights;
            float* state1 = isWeight ? block.State1.W1 + at : block.State1.B1 + column;
            float* state2 = isWeight ? block.State2.W1 + at : block.State2.B1 + column;
            weights = UpdateBody<TOptimiser>.Take(
                block, column, open, down, weights, gradient, isWeight ? block.WeightDecay : 0, state1, state2);
            return block.IsMasked && isWeight
                ? T.Select(T.Greater(T.Load(block.MaskW1 + at), T.Zero), weights, T.Zero)
                : weights;
        }
    }
}
