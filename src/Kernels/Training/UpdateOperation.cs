using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Training;

/// <summary>The update of all parameters from the gradients in scratch, on its own for tests and measurements.</summary>
internal readonly struct UpdateOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<UpdateOperation>.Dispatch<UpdateOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var work = new BlockWork(block, 0, withBackward: false);
        QuantiseBody.Exponents<T>(block, work);
        UpdateBody.Weights<T>(block, work);
        UpdateBody.Rest<T>(block, work);
        MaskBody.Weights<T>(block);
    }
}
