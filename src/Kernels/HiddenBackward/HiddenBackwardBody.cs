using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.HiddenBackward;

/// <summary>
/// dW1 = X^T d1, [D, stride]: each weight's sum takes the images in ascending order, one fused multiply-add each, and
/// goes on from chunk to chunk of a batch.
/// </summary>
internal static unsafe class HiddenBackwardBody
{
    /// <summary>Leaves the batch's sum so far in the gradient.</summary>
    public static void Sparse<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T> => Sparse<T>(block, chunk, update: false);

    /// <summary>As above, but the last panel of a batch goes straight into the update of W1; without decay, pixels that are never set are not touched.</summary>
    public static void SparseWithUpdate<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T> => Sparse<T>(block, chunk, update: true);

    public static void Dense<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        float* zeros = stackalloc float[block.Stride];
        new Span<float>(zeros, block.Stride).Clear();
        var gradient = new Matrix(block.GradW1, block.Stride);
        for (int first = 0; first < chunk.Rows; first += SparseImages.ImageBand)
        {
            int count = Math.Min(SparseImages.ImageBand, chunk.Rows - first);
            float* pixels = chunk.Pixels + ((long)first * block.Inputs);
            var transposed = new DenseRows.Left(pixels, block.Inputs, 1, count, block.Inputs);
            var deltas = new Matrix(block.Activations + ((long)first * block.Stride), block.Stride);
            bool fresh = chunk.IsFirst && first == 0;
            DenseRows.Multiply<T>(block.Vectors, transposed, deltas, fresh ? new Matrix(zeros, 0) : gradient, gradient);
        }
    }

    private static void Sparse<T>(in BlockPointers block, in ChunkPointers chunk, bool update)
        where T : unmanaged, ILanes<T>
    {
        float* zeros = stackalloc float[block.Stride];
        new Span<float>(zeros, block.Stride).Clear();
        var gradient = new Matrix(block.GradW1, block.Stride);
        var weights = new Matrix(block.W1, block.Stride);
        var rates = new Matrix(block.ColumnRates, 0);
        var deltas = new Matrix(block.Activations, block.Stride);
        int bands = SparseImages.ImageBands(chunk.Rows);
        for (int band = 0; band < bands; band++)
        {
            int* starts = chunk.BackwardStarts + ((long)band * (block.Inputs + 1));
            var panel = new SparseRows.Panel(block.Inputs, starts, chunk.BackwardIndex, chunk.BackwardValue);
            bool fresh = chunk.IsFirst && band == 0, last = chunk.IsLast && band == bands - 1;
            Matrix start = fresh ? new Matrix(zeros, 0) : gradient;
            if (update && last)
                SparseRows.MultiplyAndUpdate<T>(block.Vectors, panel, deltas, start, weights, rates, block.WeightDecay, skipEmpty: fresh);
            else
                SparseRows.Multiply<T>(block.Vectors, panel, deltas, start, gradient, skipEmpty: !fresh);
        }
    }
}
