using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Products;

/// <summary>Logits of one chunk, then its loss, counts and q when <see cref="BlockArguments.Mode"/> is 1; on its own for tests and measurements.</summary>
internal readonly unsafe struct OutputForwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<OutputForwardOperation>.Dispatch<OutputForwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var images = new PairPointers(arguments.Images.Pairs);
        BlockWork work = new BlockWork(block, images.Places, withBackward: false).In(block);
        QuantiseBody.Exponents<T>(block, work);
        var chunk = new ChunkPointers(arguments.Images, arguments.Chunk);
        OutputForwardBody.Logits<T>(block, work, chunk.Rows);
        if (arguments.Mode != 1)
            return;
        for (int slot = 0; slot < block.Slots; slot++)
            work.DeltaSums[slot] = block.DeltaSums[slot];
        OutputForwardBody.LossAndDelta<T>(block, work, chunk);
        for (int slot = 0; slot < block.Slots; slot++)
            block.DeltaSums[slot] = work.DeltaSums[slot];
    }
}
