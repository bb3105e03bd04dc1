using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.OutputBackward;

/// <summary>
/// From d2: dw2 = relu(Z)^T d2, d1 = d2 w2 [Z > 0] in place of Z, db1 = sum of d1 over images. Sums run over the images
/// in ascending order and go on from chunk to chunk of a batch. The derivative of relu at 0 is 0.
/// </summary>
internal static unsafe class OutputBackwardBody
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        int stride = block.Stride, rows = chunk.Rows;
        for (int slot = 0; slot < block.Slots; slot++)
        {
            int end = block.Column(slot) + block.Hidden(slot);
            float* delta = block.Logits + (slot * ChunkSchedule.ChunkRows);
            for (int column = block.Column(slot); column < end; column += LaneMask.Lanes)
            {
                // Lanes behind the model's last column are a neighbour's: they are written back as they were.
                T mask = T.Load(LaneMask.First(Math.Min(LaneMask.Lanes, end - column)));
                T w2 = T.Load(block.W2 + column);
                T oldW2 = T.Load(block.GradW2 + column), oldB1 = T.Load(block.GradB1 + column);
                T gradW2 = chunk.IsFirst ? T.Zero : oldW2, gradB1 = chunk.IsFirst ? T.Zero : oldB1;
                float* z = block.Activations + column;
                for (int n = 0; n < rows; n++, z += stride)
                {
                    T d2 = T.Broadcast(delta[n]), value = T.Load(z);
                    gradW2 = T.Fma(T.Relu(value), d2, gradW2);
                    T d1 = T.Select(T.Greater(value, T.Zero), T.Multiply(d2, w2), T.Zero);
                    gradB1 = T.Add(gradB1, d1);
                    T.Store(T.Select(mask, d1, value), z);
                }
                T.Store(T.Select(mask, gradW2, oldW2), block.GradW2 + column);
                T.Store(T.Select(mask, gradB1, oldB1), block.GradB1 + column);
            }
        }
    }
}
