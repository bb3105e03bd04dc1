using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Evaluation;

/// <summary>Logits [level, slot, O, N] and active units [level, column] of all models at all levels, over compressed columns.</summary>
public sealed class SparseEvaluateOperation : Operation<SparseEvaluateJob>
{
    public static SparseEvaluateOperation Instance { get; } = new();

    public override string Name => "SparseEvaluate";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfWeights;

    internal override void Check(SparseEvaluateJob job)
    {
        Fit.CheckCompressed(job.Weights, job.Images);
        job.Output.Check(job.Weights.Layout, job.Images.Images, job.Weights.Levels);
    }

    internal override void OnCpu(DeviceKernels kernels, SparseEvaluateJob job)
    {
        // The kernel only ever sets flags.
        job.Output.Active.MemSetToZero(kernels.Device.Stream);
        kernels.Launch(SparseEvaluateCpu.Of(job, kernels.Device.LayoutWays));
    }

    internal override void OnGpu(GpuDevice device, SparseEvaluateJob job)
    {
        SparseEvaluateGpu forward = SparseEvaluateGpu.Of(device, job.Weights, job.Images.Views);
        forward.Tiles = PixelTiles.Tiles(job.Images.Images);
        (forward.Logits, forward.Active) = (job.Output.Logits, job.Output.Active);

        // A view that a launch does not use must be valid all the same.
        forward.Z = job.Output.Logits;
        ClearGpu.Run(device, job.Output.Active);
        device.Launch(SparseEvaluateGpu.Kernel, SparseEvaluateGpu.Threads, forward.Groups, forward);
    }
}

/// <summary>What it is given.</summary>
public readonly record struct SparseEvaluateJob(SparseCohort Weights, DeviceImages Images, EvaluationBuffer Output);

/// <summary>How it is called.</summary>
public static class SparseEvaluateKernels
{
    /// <summary>Logits and active units of each model at each level, [level][model in the caller's order].</summary>
    /// <exception cref="ArgumentException">Images of another size, or in another form than
    /// <see cref="KernelForm.WeightSparse"/>.</exception>
    public static ModelEvaluation[][] Evaluate(this DeviceKernels kernels, SparseCohort weights, DeviceImages images)
    {
        using var buffer = new EvaluationBuffer(kernels.Device, weights.Layout, images.Images, weights.Levels);
        kernels.Evaluate(weights, images, buffer);
        return buffer.DownloadLevels();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">As above, or the buffer does not fit.</exception>
    public static void Evaluate(this DeviceKernels kernels, SparseCohort weights, DeviceImages images, EvaluationBuffer buffer) =>
        kernels.Run(SparseEvaluateOperation.Instance, new SparseEvaluateJob(weights, images, buffer));
}

/// <summary>
/// An item is some tiles of images and some blocks of columns at a level. See <see cref="SparseColumns"/> for the arithmetic.
/// </summary>
internal unsafe struct SparseEvaluateCpu : ICpuJob
{
    // Entries of an item: as many as let the pixels of a tile be read from L2 a hundred times for each time they are brought there.
    private const int ItemEntries = 1 << 15;

    // More tiles share fewer pixels that are 0 in all of them.
    private const int MostTiles = 8;

    // A thread that takes the last item lets the others wait for one of so many.
    private const int ItemsOfThread = 8;

    /// <summary>The shape alone.</summary>
    public CohortViews Cohort;

    public SparseViews Sparse;

    public ImageViews Images;

    public ArrayView<float> Logits;

    public ArrayView<int> Active;

    /// <summary>Tiles of images, and blocks at a level, of an item.</summary>
    public int ItemTiles, ItemPlaces;

    public int Items { get; private init; }

    public static SparseEvaluateCpu Of(SparseEvaluateJob job, int threads)
    {
        (int items, int itemTiles, int itemPlaces) = Cut(
            PixelTiles.Tiles(job.Images.Images), job.Weights.Levels * job.Weights.Layout.Blocks.Count, job.Weights.NonZeros, threads);
        return new SparseEvaluateCpu
        {
            Cohort = job.Weights.Shape,
            Sparse = job.Weights.Views,
            Images = job.Images.Views,
            Logits = job.Output.Logits,
            Active = job.Output.Active,
            ItemTiles = itemTiles,
            ItemPlaces = itemPlaces,
            Items = items,
        };
    }

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

    private static int Runs(int all, int each) => (all + each - 1) / each;

    // All blocks of a tile follow each other: the tile stays in L2.
    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = Sparse;
        int blocks = Cohort.BlockCount, places = sparse.Levels * blocks, inputs = Cohort.Inputs;
        int runs = Runs(places, ItemPlaces), first = item % runs * ItemPlaces, end = Math.Min(places, first + ItemPlaces);
        int tile = item / runs * ItemTiles, endTile = Math.Min(PixelTiles.Tiles(Images.Images), tile + ItemTiles);
        int padded = sparse.B1.IntLength / sparse.Levels;
        int* fields = BlockPointers.Pointer(Cohort.Blocks), last = fields + ((end - 1) % blocks * 4);
        int firstColumn = (first / blocks * padded) + fields[first % blocks * 4], endColumn = ((end - 1) / blocks * padded) + last[0]
            + last[1];
        int* rows = BlockPointers.Pointer(Images.TileRows) + ((long)tile * inputs);
        double* pixels = BlockPointers.Pointer(Images.Tiles);
        var ahead = new TileAhead(pixels, new ReadOnlySpan<int>(rows, inputs), firstColumn, endColumn);
        using var kept = new TileEntries(
            sparse,
            firstColumn,
            endColumn,
            new ReadOnlySpan<int>(rows, (endTile - tile) * inputs),
            inputs,
            ahead);
        fixed (int* starts = &kept.Starts, exponents = &kept.Exponents)
        fixed (ushort* index = &kept.Index)
        fixed (float* value = &kept.Value)
        {
            var entries = new EntryColumns(starts, index, value, exponents);
            for (; tile < endTile; tile++, rows += inputs)
            {
                ahead = tile + 1 == endTile
                    ? default
                    : new TileAhead(pixels, new ReadOnlySpan<int>(rows + inputs, inputs), firstColumn, endColumn);
                for (int place = first; place < end; place++)
                    Block<T>(entries.From(-firstColumn), tile, rows, place / blocks, fields + (place % blocks * 4), ahead);
            }
        }
    }

    private readonly void Block<T>(EntryColumns entries, int tile, int* rows, int level, int* fields, TileAhead ahead)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = Sparse;
        int slots = Cohort.SlotCount, padded = sparse.B1.IntLength / sparse.Levels, images = Images.Images, outputs = Cohort.Outputs;
        int* shapes = BlockPointers.Pointer(Cohort.Slots);
        double* pixels = BlockPointers.Pointer(Images.Tiles);
        float* logits = BlockPointers.Pointer(Logits);
        int first = tile * PixelTiles.TileImages, count = Math.Min(PixelTiles.TileImages, images - first);
        for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
        {
            int column = (level * padded) + shapes[2 * slot], place = (level * slots) + slot;
            int* active = BlockPointers.Pointer(Active) + column;
            var columns = new SparseColumns(
                sparse, entries.From(column), column, level, shapes[(2 * slot) + 1], place, Cohort.Inputs, outputs, active, ahead: ahead);
            columns.Logits<T>(pixels, rows, count, logits + ((long)place * outputs * images) + first, images);
        }
    }
}
