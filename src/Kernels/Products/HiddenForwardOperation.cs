using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Products;

/// <summary>Z of one chunk, on its own: for tests and measurements; training fuses it (see TrainEpoch).</summary>
internal readonly struct HiddenForwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) =>
        BlockKernel<HiddenForwardOperation>.Dispatch<HiddenForwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        MaskBody.Weights<T>(block);
        var images = new PairPointers(arguments.Images.Pairs);
        BlockWork work = new BlockWork(block, images.Places, withBackward: false).In(block);
        QuantiseBody.All<T>(block, work, images);
        HiddenForwardBody.Run<T>(block, work, images, new ChunkPointers(arguments.Images, arguments.Chunk));
    }
}
