using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Evaluation;

/// <summary>
/// Logits [level, slot, N] and active units [level, column] of all models at all levels, over compressed columns: an item is
/// some tiles of images and some blocks of columns at a level. See <see cref="SparseColumns"/> for the arithmetic.
/// </summary>
internal readonly unsafe struct SparseEvaluateOperation : IBlockOperation
{
    // Entries of an item: as many as let the pixels of a tile be read from L2 a hundred times for each time they are brought there.
    private const int ItemEntries = 1 << 15;

    // More tiles share fewer pixels that are 0 in all of them.
    private const int MostTiles = 8;

    // A thread that takes the last item lets the others wait for one of so many.
    private const int ItemsOfThread = 8;

    /// <summary>Cuts the work into items. No bit depends on how.</summary>
    /// <param name="tiles">Of all images.</param>
    /// <param name="places">Levels times blocks.</param>
    /// <param name="entries">Of all levels and blocks.</param>
    public static (int Items, int ItemTiles, int ItemPlaces) Cut(int tiles, int places, long entries, int threads)
    {
        long enough = (long)ItemsOfThread * threads;
        int itemPlaces = (int)Math.Clamp(ItemEntries * (long)places / Math.Max(entries, 1), 1, places), runs = Runs(places, itemPlaces);
        int itemTiles = (int)Math.Clamp((long)tiles * runs / enough, 1, MostTiles);
        if ((long)tiles * runs < enough)
            itemPlaces = (int)Math.Clamp((long)tiles * places / enough, 1, itemPlaces);
        return (checked(Runs(tiles, itemTiles) * Runs(places, itemPlaces)), itemTiles, itemPlaces);
    }

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

    private static int Runs(int all, int each) => (all + each - 1) / each;

    // All blocks of a tile follow each other: the tile stays in L2.
    private static void Run<T>(in BlockArguments arguments, int item)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = arguments.Sparse;
        int blocks = arguments.Cohort.Blocks.IntLength / 4, places = sparse.Levels * blocks, inputs = arguments.Cohort.Inputs;
        int runs = Runs(places, arguments.ItemPlaces), first = item % runs * arguments.ItemPlaces, end = Math.Min(places, first + arguments.ItemPlaces);
        int tile = item / runs * arguments.ItemTiles, endTile = Math.Min(PixelTiles.Tiles(arguments.Images.Images), tile + arguments.ItemTiles);
        int padded = sparse.B1.IntLength / sparse.Levels;
        int* fields = BlockPointers.Pointer(arguments.Cohort.Blocks), last = fields + ((end - 1) % blocks * 4);
        int firstColumn = (first / blocks * padded) + fields[first % blocks * 4], endColumn = ((end - 1) / blocks * padded) + last[0] + last[1];
        int* rows = BlockPointers.Pointer(arguments.Images.TileRows) + ((long)tile * inputs);
        double* pixels = BlockPointers.Pointer(arguments.Images.Tiles);
        var ahead = new TileAhead(pixels, new ReadOnlySpan<int>(rows, inputs), firstColumn, endColumn);
        using var kept = new TileEntries(sparse, firstColumn, endColumn, new ReadOnlySpan<int>(rows, (endTile - tile) * inputs), inputs, ahead);
        fixed (int* starts = &kept.Starts, exponents = &kept.Exponents)
        fixed (ushort* index = &kept.Index)
        fixed (float* value = &kept.Value)
        {
            var entries = new EntryColumns(starts, index, value, exponents);
            for (; tile < endTile; tile++, rows += inputs)
            {
                ahead = tile + 1 == endTile ? default : new TileAhead(pixels, new ReadOnlySpan<int>(rows + inputs, inputs), firstColumn, endColumn);
                for (int place = first; place < end; place++)
                    Block<T>(arguments, entries.From(-firstColumn), tile, rows, place / blocks, fields + (place % blocks * 4), ahead);
            }
        }
    }

    private static void Block<T>(in BlockArguments arguments, EntryColumns entries, int tile, int* rows, int level, int* fields, TileAhead ahead)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = arguments.Sparse;
        int slots = arguments.Cohort.Slots.IntLength / 2, padded = sparse.B1.IntLength / sparse.Levels, images = arguments.Images.Images;
        int* shapes = BlockPointers.Pointer(arguments.Cohort.Slots);
        double* pixels = BlockPointers.Pointer(arguments.Images.Tiles);
        float* logits = BlockPointers.Pointer(arguments.Output.Values);
        int first = tile * PixelTiles.TileImages, count = Math.Min(PixelTiles.TileImages, images - first);
        for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
        {
            int column = (level * padded) + shapes[2 * slot], place = (level * slots) + slot;
            int* active = BlockPointers.Pointer(arguments.Output.Active) + column;
            new SparseColumns(sparse, entries.From(column), column, shapes[(2 * slot) + 1], place, arguments.Cohort.Inputs, active, ahead: ahead)
                .Logits<T>(pixels, rows, count, logits + ((long)place * images) + first);
        }
    }
}
