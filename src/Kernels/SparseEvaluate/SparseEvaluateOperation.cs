using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Simd;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.SparseEvaluate;

/// <summary>
/// Logits [level, slot, N] and active units [level, column] of all models at all levels, over compressed columns: an item is
/// a tile of images, a level and a block of columns. See <see cref="SparseColumns"/> for the arithmetic.
/// </summary>
internal readonly unsafe struct SparseEvaluateOperation : IBlockOperation
{
    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int item)
    {
        switch ((SimdWidth)arguments.Width)
        {
            case SimdWidth.V512: Run<Lanes512>(arguments, item); break;
            case SimdWidth.V256: Run<Lanes256>(arguments, item); break;
            default: Run<Lanes128>(arguments, item); break;
        }
    }

    // Levels and blocks of one tile follow each other: the tile stays in L2.
    private static void Run<T>(in BlockArguments arguments, int item)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = arguments.Sparse;
        int blocks = arguments.Cohort.Blocks.IntLength / 4, slots = arguments.Cohort.Slots.IntLength / 2;
        int block = item % blocks, level = item / blocks % sparse.Levels, tile = item / blocks / sparse.Levels;
        int padded = sparse.B1.IntLength / sparse.Levels, images = arguments.Images.Images, inputs = arguments.Cohort.Inputs;
        int* fields = BlockPointers.Pointer(arguments.Cohort.Blocks) + (4 * block);
        int* shapes = BlockPointers.Pointer(arguments.Cohort.Slots);
        float* pixels = BlockPointers.Pointer(arguments.Images.Pixels);
        int* rows = BlockPointers.Pointer(arguments.Images.TileRows) + ((long)tile * inputs);
        float* logits = BlockPointers.Pointer(arguments.Output.Values);
        int first = tile * PixelTiles.TileImages, count = Math.Min(PixelTiles.TileImages, images - first);
        for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
        {
            int column = (level * padded) + shapes[2 * slot], place = (level * slots) + slot;
            var model = new SparseColumns(sparse, column, shapes[(2 * slot) + 1], place, BlockPointers.Pointer(arguments.Output.Active) + column);
            model.Logits<T>(pixels, rows, count, logits + ((long)place * images) + first);
        }
    }
}
