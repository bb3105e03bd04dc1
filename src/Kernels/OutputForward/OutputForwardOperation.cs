using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.OutputForward;

/// <summary>Logits of one chunk, then its loss, counts and d2 when <see cref="BlockArguments.Mode"/> is 1; on its own for tests and measurements.</summary>
internal readonly struct OutputForwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<OutputForwardOperation>.Dispatch<OutputForwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var chunk = new ChunkPointers(arguments.Images, block.Inputs, arguments.Chunk);
        OutputForwardBody.Logits<T>(block, chunk);
        if (arguments.Mode == 1)
            OutputForwardBody.LossAndDelta<T>(block, chunk);
    }
}
