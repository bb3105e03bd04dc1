using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.HiddenForward;

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
        Apply<T>(arguments.Form, block, new ChunkPointers(arguments.Images, block.Inputs, arguments.Chunk));
    }

    /// <summary>The product in the form asked for.</summary>
    public static void Apply<T>(int form, in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        if (form == (int)KernelForm.InputSparse)
            HiddenForwardBody.Sparse<T>(block, chunk);
        else
            HiddenForwardBody.Dense<T>(block, chunk);
    }
}
