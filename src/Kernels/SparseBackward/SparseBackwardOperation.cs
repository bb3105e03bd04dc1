using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.SparseBackward;

/// <summary>
/// dW1 of one chunk at the weights that are kept: for each entry (column c, pixel d) the sum over the chunk's images of
/// pixel[d, n] * d1[n, c]. An entry of the gradient stands where its weight stands among the compressed columns.
/// </summary>
/// <remarks>
/// Sixteen sums a weight, image number within the chunk modulo 16, images ascending, one fused multiply-add each; then the
/// tree 16, 8, 4, 2, 1; chunks of a batch are added in ascending order. So the bits depend on the batch alone, and a GPU's
/// are the same. d1 is transposed first: a column's images then lie side by side as those of a pixel do.
/// </remarks>
internal readonly unsafe struct SparseBackwardOperation : IBlockOperation, IBlockBody
{
    // Columns of d1 are not a power of two apart: those would share a few sets of L1.
    private const int Pitch = ChunkSchedule.ChunkRows + LaneMask.Lanes;

    // Entries of a column that share the loads of d1.
    private const int Together = 4;

    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int block) =>
        BlockKernel<SparseBackwardOperation>.Dispatch<SparseBackwardOperation>(arguments, block);

    public static void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>
    {
        var chunk = new ChunkPointers(arguments.Images, block.Inputs, arguments.Chunk);
        int images = (chunk.Rows + LaneMask.Lanes - 1) / LaneMask.Lanes * LaneMask.Lanes;
        float* deltas = (float*)NativeMemory.AlignedAlloc((nuint)(block.Stride * Pitch * sizeof(float)), 64);
        try
        {
            Transposition.Run(block.Activations, block.Stride, chunk.Rows, block.Stride, deltas, Pitch);
            int* starts = BlockPointers.Pointer(arguments.Sparse.Starts) + block.FirstColumn;
            var product = new Product(arguments, chunk, images);
            for (int column = 0; column < block.Stride; column++)
            {
                // Places behind the last image: an empty place of a tile must meet a number, and what number is all the same.
                float* column1 = deltas + ((long)column * Pitch);
                new Span<float>(column1 + chunk.Rows, images - chunk.Rows).Clear();
                int q = starts[column], end = starts[column + 1];
                for (; q + Together <= end; q += Together)
                    product.Four<T>(column1, q);
                for (; q < end; q++)
                    product.One<T>(column1, q);
            }
        }
        finally
        {
            NativeMemory.AlignedFree(deltas);
        }
    }

    /// <summary>Entries of one chunk; d1 is given as the chunk's images of one column, zeros behind the last.</summary>
    private readonly struct Product(in BlockArguments arguments, in ChunkPointers chunk, int images)
    {
        private readonly ushort* _index = BlockPointers.Pointer(arguments.Sparse.Index);
        private readonly float* _pixels = BlockPointers.Pointer(arguments.Images.Pixels);
        private readonly int* _rows = BlockPointers.Pointer(arguments.Images.TileRows) + ((long)chunk.FirstRow / PixelTiles.TileImages * chunk.Inputs);
        private readonly float* _gradient = BlockPointers.Pointer(arguments.Output.Values);
        private readonly int _inputs = chunk.Inputs, _images = images;
        private readonly bool _isFirst = chunk.IsFirst;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Four<T>(float* delta, int q)
            where T : unmanaged, ILanes<T>
        {
            T a0 = T.Zero, a1 = T.Zero, a2 = T.Zero, a3 = T.Zero;
            int* rows = _rows;
            ushort* index = _index + q;
            for (int first = 0; first < _images; first += PixelTiles.TileImages, rows += _inputs)
            {
                float* x0 = _pixels + rows[index[0]], x1 = _pixels + rows[index[1]], x2 = _pixels + rows[index[2]], x3 = _pixels + rows[index[3]];
                float* d = delta + first;
                int count = Math.Min(PixelTiles.TileImages, _images - first);
                for (int n = 0; n < count; n += LaneMask.Lanes)
                {
                    T value = T.Load(d + n);
                    a0 = T.Fma(T.Load(x0 + n), value, a0);
                    a1 = T.Fma(T.Load(x1 + n), value, a1);
                    a2 = T.Fma(T.Load(x2 + n), value, a2);
                    a3 = T.Fma(T.Load(x3 + n), value, a3);
                }
            }
            Finish(T.Sum(a0), q);
            Finish(T.Sum(a1), q + 1);
            Finish(T.Sum(a2), q + 2);
            Finish(T.Sum(a3), q + 3);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void One<T>(float* delta, int q)
            where T : unmanaged, ILanes<T>
        {
            T a = T.Zero;
            int* rows = _rows;
            for (int first = 0; first < _images; first += PixelTiles.TileImages, rows += _inputs)
            {
                float* x = _pixels + rows[_index[q]], d = delta + first;
                int count = Math.Min(PixelTiles.TileImages, _images - first);
                for (int n = 0; n < count; n += LaneMask.Lanes)
                    a = T.Fma(T.Load(x + n), T.Load(d + n), a);
            }
            Finish(T.Sum(a), q);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Finish(float sum, int q) => _gradient[q] = _isFirst ? sum : _gradient[q] + sum;
    }
}
