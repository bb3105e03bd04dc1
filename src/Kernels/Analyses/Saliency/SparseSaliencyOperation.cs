using System.Runtime.InteropServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Gradient maps [slot, N, D] over compressed weights: dlogit/dx[d] = sum over the entries of pixel d whose unit has Z &gt; 0 of
/// w2 * weight, units ascending, one fused multiply-add each; what a formula makes of 1 is its factor. The bits are those of
/// <see cref="SaliencyOperation"/> on the pruned model (the sign of a zero apart).
/// </summary>
public sealed class SparseSaliencyOperation : Operation<SparseSaliencyJob>
{
    public static SparseSaliencyOperation Instance { get; } = new();

    public override string Name => "SparseSaliency";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfWeights;

    internal override void Check(SparseSaliencyJob job)
    {
        if (!job.Method.IsGradient)
        {
            string right = string.Join(" or ", SaliencyMethod.All.Where(method => method.IsGradient));
            throw new ArgumentException($"{job.Method} over compressed weights; must be {right}", nameof(job));
        }
        Fit.CheckOneLogit(job.Weights.Layout, Name);
        Fit.CheckOneLevel(job.Weights);
        Fit.CheckCompressed(job.Weights, job.Images);
        job.Output.Check(job.Weights.Layout, job.Images.Images);
    }

    internal override void OnCpu(DeviceKernels kernels, SparseSaliencyJob job) => job.Method.OnCpu(kernels, job);

    // A forward pass that keeps Z, then the maps, for as many tiles of images at once as there is room for.
    internal override void OnGpu(GpuDevice device, SparseSaliencyJob job)
    {
        SparseEvaluateGpu forward = SparseEvaluateGpu.Of(device, job.Weights, job.Images.Views);
        int images = job.Images.Images, tiles = PixelTiles.Tiles(images), columns = forward.Sparse.B1.IntLength;
        int atOnce = (int)Math.Clamp(GpuWorkspace.MostFloats / ((long)columns * PixelTiles.TileImages), 1, tiles);
        forward.Z = device.Workspace.Take<float>("activations", (long)columns * atOnce * PixelTiles.TileImages);
        forward.KeepsZ = 1;
        forward.Logits = device.Workspace.Take<float>("logits", (long)job.Weights.Layout.Slots.Count * images);
        forward.Active = device.Workspace.Take<int>("active", columns);
        for (int tile = 0; tile < tiles; tile += atOnce)
        {
            forward.FirstTile = tile;
            forward.Tiles = Math.Min(atOnce, tiles - tile);
            device.Launch(SparseEvaluateGpu.Kernel, SparseEvaluateGpu.Threads, forward.Groups, forward);
            job.Method.OnGpu(device, new SparseSaliencyRun
            {
                Sparse = forward.Sparse,
                Slots = forward.Slots,
                Z = forward.Z,
                Logits = forward.Logits,
                Maps = job.Output.Maps,
                FirstTile = tile,
                Tiles = forward.Tiles,
                Images = images,
                Inputs = forward.Inputs,
            });
        }
    }
}

/// <summary>What it is given.</summary>
/// <param name="Weights">One level.</param>
/// <param name="Method">A plain gradient, of the logit or of the probability: the others look at weights that are not there.</param>
public readonly record struct SparseSaliencyJob(SparseCohort Weights, DeviceImages Images, SaliencyMethod Method, SaliencyBuffer Output);

/// <summary>How it is called.</summary>
public static class SparseSaliencyKernels
{
    /// <summary>Saliency maps [N, D] of each model over compressed weights, in the caller's order of models.</summary>
    /// <exception cref="ArgumentException">Another method, more than one level, nothing compressed yet, or images in another form or
    /// size.</exception>
    /// <inheritdoc cref="SparseSaliencyJob" path="/param"/>
    public static ReadOnlyMemory<float>[] Saliency(
        this DeviceKernels kernels,
        SparseCohort weights,
        DeviceImages images,
        SaliencyMethod method)
    {
        using var buffer = new SaliencyBuffer(kernels.Device, weights.Layout, images.Images);
        kernels.Saliency(weights, images, method, buffer);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">As above, or the buffer does not fit.</exception>
    public static void Saliency(
        this DeviceKernels kernels,
        SparseCohort weights,
        DeviceImages images,
        SaliencyMethod method,
        SaliencyBuffer buffer) =>
        kernels.Run(SparseSaliencyOperation.Instance, new SparseSaliencyJob(weights, images, method, buffer));
}

/// <summary>
/// An item is a tile of images and a block of columns. For each model a forward pass leaves Z of the tile; w2 [Z &gt; 0] takes
/// its place; the entries are sorted by pixel; <see cref="SparseMaps"/> adds them up.
/// </summary>
internal unsafe struct SparseSaliencyCpu<TFormula> : ICpuJob
    where TFormula : struct, ISaliencyFormula
{
    private const int Row = PixelTiles.TileImages;

    /// <summary>The shape alone.</summary>
    public CohortViews Cohort;

    public SparseViews Sparse;

    public ImageViews Images;

    /// <summary>[slot, N, D].</summary>
    public ArrayView<float> Maps;

    public readonly int Items => checked(PixelTiles.Tiles(Images.Images) * Cohort.BlockCount);

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = Sparse;
        int blocks = Cohort.BlockCount, block = item % blocks, tile = item / blocks;
        int images = Images.Images, inputs = Cohort.Inputs;
        int* fields = BlockPointers.Pointer(Cohort.Blocks) + (4 * block), shapes = BlockPointers.Pointer(Cohort.Slots);
        int* starts = BlockPointers.Pointer(sparse.Starts);
        double* pixels = BlockPointers.Pointer(Images.Tiles);
        float* w2 = BlockPointers.Pointer(sparse.W2);
        int* rows = BlockPointers.Pointer(Images.TileRows) + ((long)tile * inputs);
        int first = tile * Row, count = Math.Min(Row, images - first), widest = 0, most = 0;
        for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
        {
            int column = shapes[2 * slot], hidden = shapes[(2 * slot) + 1];
            (widest, most) = (Math.Max(widest, hidden), Math.Max(most, starts[column + hidden] - starts[column]));
        }
        float* logits = stackalloc float[Row];
        float* slopes = stackalloc float[Row];
        float* units = (float*)NativeMemory.AlignedAlloc((nuint)widest * Row * sizeof(float), 64);
        using var entries = new PixelEntries(inputs, most);
        using var kept = new TileEntries(sparse, fields[0], fields[0] + fields[1], new ReadOnlySpan<int>(rows, inputs), inputs, default);
        fixed (int* keptStarts = &kept.Starts, exponents = &kept.Exponents)
        fixed (ushort* index = &kept.Index)
        fixed (float* value = &kept.Value)
        {
            try
            {
                EntryColumns columns = new EntryColumns(keptStarts, index, value, exponents).From(-fields[0]);
                for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
                {
                    int column = shapes[2 * slot], hidden = shapes[(2 * slot) + 1];
                    var model = new SparseColumns(
                        sparse, columns.From(column), column, level: 0, hidden, slot, inputs, outputs: 1, active: null, kept: units);
                    model.Logits<T>(pixels, rows, count, logits, images);
                    Gate<T>(units, w2 + column, hidden, count);
                    for (int n = 0; n < count; n += LaneMask.Lanes)
                        T.Store(TFormula.Finish(T.Broadcast(1f), T.Load(logits + n)), slopes + n);
                    entries.Sort(sparse, column, hidden);
                    float* maps = BlockPointers.Pointer(Maps) + (((long)slot * images) + first) * inputs;
                    new SparseMaps(entries, units, slopes, count).Write<T>(maps);
                }
            }
            finally
            {
                NativeMemory.AlignedFree(units);
            }
        }
    }

    // w2 [Z > 0] in place of Z.
    private static void Gate<T>(float* z, float* w2, int hidden, int count)
        where T : unmanaged, ILanes<T>
    {
        for (int h = 0; h < hidden; h++, z += Row)
        {
            T weight = T.Broadcast(w2[h]);
            for (int n = 0; n < count; n += LaneMask.Lanes)
                T.Store(T.Select(T.Greater(T.Load(z + n), T.Zero), weight, T.Zero), z + n);
        }
    }
}
