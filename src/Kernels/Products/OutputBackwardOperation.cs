using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Products;

/// <summary>gate * q of one chunk in place of Z, on its own for tests and measurements.</summary>
internal readonly struct OutputBackwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<OutputBackwardOperation>.Dispatch<OutputBackwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var chunk = new ChunkPointers(arguments.Images, arguments.Chunk);
        OutputBackwardBody.Numbers<T>(block, new BlockWork(block, 0, withBackward: false).In(block), chunk.Rows);
    }
}
