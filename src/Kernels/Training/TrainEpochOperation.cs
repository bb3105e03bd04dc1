using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// A whole epoch in one launch: for each chunk forward, loss and backward while it is in L2, and the update with the last chunk
/// of each batch. A thread takes its block through all of it, so there is nothing to wait for and a mini-batch costs no launch.
/// </summary>
internal readonly struct TrainEpochOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) =>
        BlockKernel<TrainEpochOperation>.Dispatch<TrainEpochOperation>(arguments, block);

    public static unsafe void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        MaskBody.Weights<T>(block);
        new Span<long>(block.Loss, 2 * block.Slots).Clear();
        new Span<int>(block.Counts, 4 * block.Slots).Clear();
        new Span<int>(block.Failed, block.Slots).Clear();
        var images = new PairPointers(arguments.Images.Pairs);
        var work = new BlockWork(block, images.Places, withBackward: true);
        QuantiseBody.All<T>(block, work, images);
        int chunks = arguments.Images.Chunks.IntLength / ChunkSchedule.ChunkFields;
        for (int index = 0; index < chunks; index++)
        {
            var chunk = new ChunkPointers(arguments.Images, index);
            HiddenForwardBody.Run<T>(block, work, images, chunk);
            OutputForwardBody.Logits<T>(block, work, chunk.Rows);
            OutputForwardBody.LossAndDelta<T>(block, work, chunk);
            OutputBackwardBody.Digits<T>(block, work, images.Partners(index), chunk.Rows, gated: false);
            if (!chunk.IsLast)
            {
                HiddenBackwardBody.Accumulate<T>(block, work, images, chunk);
                continue;
            }
            UpdateBody.Batch<T>(block, work, images, chunk);
            if (index + 1 < chunks)
                QuantiseBody.Changed<T>(block, work, images);
        }
    }
}
