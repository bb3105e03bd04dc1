using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// value = mask above 0 ? value : 0, for W1 and w2 or their gradients. What lies under the mask becomes exactly 0 whatever it
/// was, NaN included. Products need no other mask than this: W o M is formed once, not at every use.
/// </summary>
/// <remarks>A cohort without a mask is left alone. Columns behind the last model of a block have a mask of 0 and hold zeros.</remarks>
internal static unsafe class MaskBody
{
    /// <summary>Before a product, and after an update.</summary>
    public static void Weights<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        if (!block.IsMasked)
            return;
        Rows<T>(block.W1, block.MaskW1, block.Inputs, block.Stride);
        Outputs<T>(block, block.W2);
    }

    /// <summary>After the last images of a batch.</summary>
    public static void GradientW1<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        if (block.IsMasked)
            Rows<T>(block.GradW1, block.MaskW1, block.Inputs, block.Stride);
    }

    /// <inheritdoc cref="GradientW1{T}"/>
    public static void GradientW2<T>(in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        if (block.IsMasked)
            Outputs<T>(block, block.GradW2);
    }

    private static void Outputs<T>(in BlockPointers block, float* values)
        where T : unmanaged, ILanes<T>
    {
        for (int k = 0; k < block.Outputs; k++)
            Rows<T>(values + ((long)k * block.OutputPitch), block.MaskW2 + ((long)k * block.OutputPitch), 1, block.Stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<T>(float* values, float* mask, int rows, int stride)
        where T : unmanaged, ILanes<T>
    {
        long length = (long)rows * stride;
        for (long at = 0; at < length; at += LaneMask.Lanes)
            T.Store(T.Select(T.Greater(T.Load(mask + at), T.Zero), T.Load(values + at), T.Zero), values + at);
    }
}
