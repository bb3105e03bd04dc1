using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.Update;

/// <summary>Gradient descent: parameter = fma(-rate, gradient, parameter), with each model's own rate.</summary>
internal static unsafe class UpdateBody
{
    /// <summary>W1 [D, stride].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        float* w = block.W1, g = block.GradW1;
        for (int d = 0; d < block.Inputs; d++, w += block.Stride, g += block.Stride)
            Row<T>(block, w, g);
    }

    /// <summary>b1, w2 and b2.</summary>
    public static void Rest<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        Row<T>(block, block.B1, block.GradB1);
        Row<T>(block, block.W2, block.GradW2);
        for (int slot = 0; slot < block.Slots; slot++)
            block.B2[slot] = MathF.FusedMultiplyAdd(-block.SlotRates[slot], block.GradB2[slot], block.B2[slot]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T>(in BlockPointers block, float* parameters, float* gradient)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T rate = T.Subtract(T.Zero, T.Load(block.ColumnRates + column));
            T.Store(T.Fma(rate, T.Load(gradient + column), T.Load(parameters + column)), parameters + column);
        }
    }
}
