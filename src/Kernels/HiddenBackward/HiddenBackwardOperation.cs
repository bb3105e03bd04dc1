using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.OutputBackward;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Quantise;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.HiddenBackward;

/// <summary>
/// G of one chunk from gate * q, on its own for tests and measurements; with the last chunk of a batch the gradients of all
/// parameters.
/// </summary>
internal readonly unsafe struct HiddenBackwardOperation : IBlockOperation, IBlockBody
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) => BlockKernel<HiddenBackwardOperation>.Dispatch<HiddenBackwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var images = new PairPointers(arguments.Images.Pairs);
        var chunk = new ChunkPointers(arguments.Images, arguments.Chunk);
        BlockWork work = new BlockWork(block, images.Places, withBackward: true).In(block);
        QuantiseBody.Exponents<T>(block, work);
        OutputBackwardBody.Digits<T>(block, work, images.Partners(chunk.Index), chunk.Rows, gated: true);
        if (!chunk.IsLast)
        {
            HiddenBackwardBody.Accumulate<T>(block, work, images, chunk);
            return;
        }
        for (int i = 0; i < images.DroppedCount; i++)
            new Span<float>(block.GradW1 + ((long)images.Dropped[i] * block.Stride), block.Stride).Clear();
        HiddenBackwardBody.Finish<T, Keep>(block, work, images, chunk);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            block.GradB2[slot] = work.Failed[slot] != 0 ? 0f : block.DeltaSums[slot] * ExactSums.BiasScale(chunk.BatchRows);
            for (int column = block.Column(slot); column < block.Column(slot) + block.Hidden(slot); column++)
                block.GradW2[column] = work.Failed[slot] != 0 ? 0f : HiddenBackwardBody.GradientW2(block, work, chunk, column);
        }
        MaskBody.GradientW1<T>(block);
        MaskBody.GradientW2<T>(block);
    }

    private readonly struct Keep : HiddenBackwardBody.IGradientRow
    {
        public static bool IsUpdate => false;

        public static bool KeepsUnset => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Take<T>(in BlockPointers block, int* order, int row, int column, T open, T down, T weights, T gradient)
            where T : unmanaged, ILanes<T>
        {
            int pixel = order[row];
            if (pixel >= 0)
                T.Store(gradient, (pixel == block.Inputs ? block.GradB1 : block.GradW1 + ((long)pixel * block.Stride)) + column);
            return weights;
        }
    }
}
