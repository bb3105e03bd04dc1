using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.OutputBackward;

/// <summary>dw2, d1 and db1 of one chunk, on its own for tests and measurements.</summary>
internal readonly struct OutputBackwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<OutputBackwardOperation>.Dispatch<OutputBackwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var chunk = new ChunkPointers(arguments.Images, block.Inputs, arguments.Chunk);
        OutputBackwardBody.Run<T>(block, chunk);
        if (chunk.IsLast)
            MaskBody.GradientW2<T>(block);
    }
}
