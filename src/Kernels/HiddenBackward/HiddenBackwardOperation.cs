using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.HiddenBackward;

/// <summary>dW1 of one chunk, on its own for tests and measurements.</summary>
internal readonly struct HiddenBackwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<HiddenBackwardOperation>.Dispatch<HiddenBackwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var chunk = new ChunkPointers(arguments.Images, block.Inputs, arguments.Chunk);
        if (arguments.Form == (int)KernelForm.InputSparse)
            HiddenBackwardBody.Sparse<T>(block, chunk);
        else
            HiddenBackwardBody.Dense<T>(block, chunk);
        if (chunk.IsLast)
            MaskBody.GradientW1<T>(block);
    }
}
