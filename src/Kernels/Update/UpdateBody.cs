using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.Update;

/// <summary>
/// Gradient descent: parameter = fma(-rate, gradient, parameter), with each model's own rate. With weight decay (L2) the
/// gradient of W1 and w2 is fma(decay, weight, gradient); without it that step is left out, not done with 0.
/// </summary>
internal static unsafe class UpdateBody
{
    /// <summary>W1 [D, stride].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        float* w = block.W1, g = block.GradW1;
        for (int d = 0; d < block.Inputs; d++, w += block.Stride, g += block.Stride)
            Row<T>(block, w, g, block.WeightDecay);
    }

    /// <summary>b1, w2 and b2.</summary>
    public static void Rest<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        Row<T>(block, block.B1, block.GradB1, decay: 0);
        Row<T>(block, block.W2, block.GradW2, block.WeightDecay);
        for (int slot = 0; slot < block.Slots; slot++)
            block.B2[slot] = MathF.FusedMultiplyAdd(-block.SlotRates[slot], block.GradB2[slot], block.B2[slot]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T>(in BlockPointers block, float* parameters, float* gradient, float decay)
        where T : unmanaged, ILanes<T>
    {
        if (decay == 0)
        {
            for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
                T.Store(Step(T.Load(block.ColumnRates + column), T.Load(gradient + column), T.Load(parameters + column)), parameters + column);
            return;
        }
        T factor = T.Broadcast(decay);
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
            T.Store(Step(T.Load(block.ColumnRates + column), T.Load(gradient + column), T.Load(parameters + column), factor), parameters + column);
    }

    /// <summary>The parameters after a step without decay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T rate, T gradient, T parameter)
        where T : unmanaged, ILanes<T> => T.Fma(T.Subtract(T.Zero, rate), gradient, parameter);

    /// <summary>The weights after a step with decay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T rate, T gradient, T weight, T decay)
        where T : unmanaged, ILanes<T> => Step(rate, T.Fma(decay, weight, gradient), weight);
}
