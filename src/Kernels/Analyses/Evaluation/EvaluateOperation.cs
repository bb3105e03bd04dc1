using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Evaluation;

/// <summary>Logits of all images, [slot, N], and for each column whether the hidden unit is above 0 on some image.</summary>
internal readonly unsafe struct EvaluateOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) =>
        BlockKernel<EvaluateOperation>.Dispatch<EvaluateOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        MaskBody.Weights<T>(block);
        int images = arguments.Images.Images;
        float* logits = BlockPointers.Pointer(arguments.Output.Values) + ((long)block.FirstSlot * images);
        int* active = BlockPointers.Pointer(arguments.Output.Active) + block.FirstColumn;
        var pairs = new PairPointers(arguments.Images.Pairs);
        var work = new BlockWork(block, pairs.Places, withBackward: false);
        QuantiseBody.All<T>(block, work, pairs);
        float* largest = stackalloc float[block.Stride];
        new Span<float>(largest, block.Stride).Clear();

        int chunks = arguments.Images.Chunks.IntLength / ChunkSchedule.ChunkFields;
        for (int index = 0; index < chunks; index++)
        {
            var chunk = new ChunkPointers(arguments.Images, index);
            HiddenForwardBody.Run<T>(block, work, pairs, chunk);
            OutputForwardBody.Logits<T>(block, work, chunk.Rows);
            for (int slot = 0; slot < block.Slots; slot++)
            {
                var source = new ReadOnlySpan<float>(work.Logits + (slot * ChunkSchedule.ChunkRows), chunk.Rows);
                source.CopyTo(new Span<float>(logits + ((long)slot * images) + chunk.FirstRow, chunk.Rows));
            }
            KeepLargest<T>(block, work.Z, chunk.Rows, largest);
        }
        for (int column = 0; column < block.Stride; column++)
            active[column] = largest[column] > 0 ? 1 : 0;
    }

    private static void KeepLargest<T>(in BlockPointers block, float* activations, int rows, float* largest)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T most = T.Load(largest + column);
            float* z = activations + column;
            for (int n = 0; n < rows; n++, z += block.Stride)
            {
                T value = T.Load(z);
                most = T.Select(T.Greater(value, most), value, most);
            }
            T.Store(most, largest + column);
        }
    }
}
