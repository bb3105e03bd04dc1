using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.HiddenForward;

/// <summary>
/// Z = X W1 + b1 for the images of one chunk and the columns of one block; Z [rows, stride] goes to the activations.
/// A column's sum starts at its bias and takes the pixels in ascending order, one fused multiply-add each.
/// </summary>
internal static unsafe class HiddenForwardBody
{
    public static void Sparse<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        var weights = new Matrix(block.W1, block.Stride);
        var z = new Matrix(block.Activations, block.Stride);
        int bands = SparseImages.PixelBands(block.Inputs);
        for (int band = 0; band < bands; band++)
        {
            int* starts = chunk.ForwardStarts + ((long)band * (chunk.Rows + 1));
            var panel = new SparseRows.Panel(chunk.Rows, starts, chunk.ForwardIndex, chunk.ForwardValue);
            bool first = band == 0;
            SparseRows.Multiply<T>(block.Vectors, panel, weights, first ? new Matrix(block.B1, 0) : z, z, skipEmpty: !first);
        }
    }

    public static void Dense<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        var z = new Matrix(block.Activations, block.Stride);
        for (int first = 0; first < block.Inputs; first += SparseImages.PixelBand)
        {
            int count = Math.Min(SparseImages.PixelBand, block.Inputs - first);
            var pixels = new DenseRows.Left(chunk.Pixels + first, chunk.Rows, block.Inputs, count, 1);
            var weights = new Matrix(block.W1 + ((long)first * block.Stride), block.Stride);
            DenseRows.Multiply<T>(block.Vectors, pixels, weights, first == 0 ? new Matrix(block.B1, 0) : z, z);
        }
    }
}
