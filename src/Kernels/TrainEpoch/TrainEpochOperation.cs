using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.HiddenForward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.OutputBackward;
using GpuMlp.Kernels.OutputForward;
using GpuMlp.Kernels.Simd;
using GpuMlp.Kernels.Update;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.TrainEpoch;

/// <summary>
/// A whole epoch in one launch: for each chunk forward, loss, output backward, hidden backward while it is in L2, and the
/// update after the last chunk of each batch. A thread takes its block through all of it, so there is nothing to wait for
/// and a mini-batch costs no launch.
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
        new Span<double>(block.Loss, block.Slots).Clear();
        new Span<int>(block.Counts, 4 * block.Slots).Clear();
        int chunks = arguments.Images.Chunks.IntLength / ChunkSchedule.ChunkFields;
        for (int index = 0; index < chunks; index++)
        {
            var chunk = new ChunkPointers(arguments.Images, block.Inputs, index);
            HiddenForwardOperation.Apply<T>(arguments.Form, block, chunk);
            OutputForwardBody.Logits<T>(block, chunk);
            OutputForwardBody.LossAndDelta<T>(block, chunk);
            OutputBackwardBody.Run<T>(block, chunk);
            if (arguments.Form == (int)KernelForm.InputSparse)
            {
                HiddenBackwardBody.SparseWithUpdate<T>(block, chunk);
            }
            else
            {
                HiddenBackwardBody.Dense<T>(block, chunk);
                if (chunk.IsLast)
                    UpdateBody.Weights<T>(block);
            }
            if (chunk.IsLast)
            {
                UpdateBody.Rest<T>(block);
                MaskBody.Weights<T>(block);
            }
        }
    }
}
