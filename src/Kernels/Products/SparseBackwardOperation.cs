using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// One chunk of G at the weights that are kept: for each entry (column c, pixel d) the sum over the chunk's images of
/// pixel[d, n] * (gate q)[n, c]; with the last chunk of a batch dW1. An entry of the gradient stands where its weight stands
/// among the compressed columns.
/// </summary>
public sealed class SparseBackwardOperation : Operation<SparseBackwardJob>
{
    public static SparseBackwardOperation Instance { get; } = new();

    public override string Name => "SparseBackward";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfWeights;

    internal override ComputeDevice? DeviceOf(SparseBackwardJob job) => job.Cohort.Device;

    internal override void Check(SparseBackwardJob job)
    {
        Fit.CheckOneLevel(job.Weights);
        Fit.CheckTrainable(job.Images);
        Fit.CheckCompressed(job.Weights, job.Images);
        Fit.CheckSame(job.Cohort.Layout, job.Weights.Layout, "compressed weights");
        Fit.Check(job.Images, job.Chunk);
    }

    internal override void OnCpu(DeviceKernels kernels, SparseBackwardJob job) => kernels.Launch(new SparseBackwardCpu
    {
        Cohort = job.Cohort.Cohort,
        Scratch = job.Cohort.Scratch,
        Sparse = job.Weights.Views,
        Images = job.Images.Views,
        Gradient = job.Gradient.ViewFor(job.Weights),
        Sums = job.Gradient.SumsFor(job.Weights),
        Chunk = job.Chunk,
    });

    internal override void OnGpu(GpuDevice device, SparseBackwardJob job)
    {
        Chunk chunk = job.Images.Schedule.Chunks[job.Chunk];
        CohortViews cohort = job.Cohort.Cohort;
        GpuWeights now = chunk.IsLast ? GpuQuantise.Now(device, cohort) : GpuQuantise.Room(device, cohort, job.Cohort.Scratch.Failed);
        var backward = new SparseBackwardGpu
        {
            Sparse = job.Weights.Views,
            Cohort = cohort,
            Failed = now.Failed,
            BackExponents = now.BackExponents,
            Scale = ExactSums.GradientScale(chunk.BatchRows),
            Activations = new() { Values = job.Cohort.Scratch.Activations, Capacity = ChunkSchedule.ChunkRows },
            TileRows = job.Images.Views.TileRows,
            Pixels = job.Images.Views.TileBytes,
            Sums = job.Gradient.SumsFor(job.Weights),
            Gradient = job.Gradient.ViewFor(job.Weights),
            FirstTile = chunk.FirstRow / PixelTiles.TileImages,
            Rows = chunk.Rows,
            Inputs = cohort.Inputs,
            IsFirst = chunk.IsFirst ? 1 : 0,
            IsLast = chunk.IsLast ? 1 : 0,
        };
        device.Launch(SparseBackwardGpu.Kernel, SparseBackwardGpu.Threads, backward.Groups, backward);
    }
}

/// <summary>What it is given.</summary>
/// <param name="Weights">One level; the weights themselves are not looked at, only where they are.</param>
/// <param name="Cohort">Of the same layout; holds gate q. Its own dW1 is not touched.</param>
/// <param name="Images">Made with their backward form, and of the same schedule as those that gate q was computed for.</param>
/// <param name="Chunk">All of a batch, in order.</param>
public readonly record struct SparseBackwardJob(
    SparseCohort Weights,
    DeviceCohort Cohort,
    DeviceImages Images,
    int Chunk,
    SparseGradient Gradient);

/// <summary>How it is called.</summary>
public static class SparseBackwardKernels
{
    /// <summary>Adds one chunk to dW1 at the weights that are kept, from gate q; the last chunk of a batch completes it.</summary>
    /// <exception cref="ArgumentException">Another layout, more than one level, nothing compressed yet, or images in another form or
    /// size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    /// <inheritdoc cref="SparseBackwardJob" path="/param"/>
    public static void HiddenBackward(
        this DeviceKernels kernels, SparseCohort weights, DeviceCohort cohort, DeviceImages images, int chunk, SparseGradient gradient) =>
        kernels.Run(SparseBackwardOperation.Instance, new SparseBackwardJob(weights, cohort, images, chunk, gradient));
}

/// <summary>
/// A block of columns an item. Integers in float64, which holds them to 2^53. gate * q is transposed first: a column's images
/// then lie side by side as those of a pixel do.
/// </summary>
internal unsafe struct SparseBackwardCpu : ICpuJob
{
    // Columns are not a power of two apart: those would share a few sets of L1.
    private const int Pitch = ChunkSchedule.ChunkRows + LaneMask.Lanes;

    // Entries of a column that share the loads of gate * q.
    private const int Together = 4;

    // A vector of float64.
    private const int Eight = 8;

    public CohortViews Cohort;

    /// <summary>Holds gate q.</summary>
    public ScratchViews Scratch;

    public SparseViews Sparse;

    public ImageViews Images;

    /// <summary>One an entry.</summary>
    public ArrayView<float> Gradient;

    public ArrayView<long> Sums;

    public int Chunk;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, item);
        var chunk = new ChunkPointers(Images, Chunk);
        int images = (chunk.Rows + LaneMask.Lanes - 1) / LaneMask.Lanes * LaneMask.Lanes;
        float* deltas = (float*)NativeMemory.AlignedAlloc((nuint)(block.Stride * Pitch * sizeof(float)), 64);
        double* column = (double*)NativeMemory.AlignedAlloc(ChunkSchedule.ChunkRows * sizeof(double), 64);
        try
        {
            Transposition.Run(block.Activations, block.Stride, chunk.Rows, block.Stride, deltas, Pitch);
            int* starts = BlockPointers.Pointer(Sparse.Starts) + block.FirstColumn;
            var product = new Product(this, block.Inputs, chunk, images);
            float* factors = stackalloc float[block.Stride];
            Factors(block, chunk, factors);
            for (int c = 0; c < block.Stride; c++)
            {
                // Places behind the last image meet zeros.
                for (int n = 0; n < images; n++)
                    column[n] = n < chunk.Rows ? deltas[((long)c * Pitch) + n] : 0;
                int q = starts[c], end = starts[c + 1];
                for (; q + Together <= end; q += Together)
                    product.Four<T>(column, q, factors[c]);
                for (; q < end; q++)
                    product.One<T>(column, q, factors[c]);
            }
        }
        finally
        {
            NativeMemory.AlignedFree(deltas);
            NativeMemory.AlignedFree(column);
        }
    }

    // w2, or 2^f with a logit a class, times the gradient's scale; 0 for a model that has failed.
    private static void Factors(in BlockPointers block, in ChunkPointers chunk, float* factors)
    {
        new Span<float>(factors, block.Stride).Clear();
        float scale = ExactSums.GradientScale(chunk.BatchRows);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            for (int c = block.Column(slot); c < block.Column(slot) + block.Hidden(slot) && block.Failed[slot] == 0; c++)
                factors[c] = (block.Outputs == 1 ? block.W2[c] : Power(block, c)) * scale;
        }
    }

    private static float Power(in BlockPointers block, int column)
    {
        float sum = 0f;
        for (int k = 0; k < block.Outputs; k++)
            sum += Math.Abs(block.W2[((long)k * block.OutputPitch) + column]);
        return ExactSums.PowerOfTwo(ExactSums.Exponent(sum));
    }

    /// <summary>Entries of one chunk; gate * q is given as the chunk's images of one column, zeros behind the last.</summary>
    private readonly struct Product(in SparseBackwardCpu job, int inputs, in ChunkPointers chunk, int images)
    {
        private const float Units = 1f / (1L << 40);

        private readonly ushort* _index = BlockPointers.Pointer(job.Sparse.Index);
        private readonly double* _pixels = BlockPointers.Pointer(job.Images.Tiles);
        private readonly int* _rows = BlockPointers.Pointer(job.Images.TileRows) + ((long)chunk.FirstRow / PixelTiles.TileImages * inputs);
        private readonly float* _gradient = BlockPointers.Pointer(job.Gradient);
        private readonly long* _sums = BlockPointers.Pointer(job.Sums);
        private readonly int _inputs = inputs, _images = images;
        private readonly bool _isFirst = chunk.IsFirst, _isLast = chunk.IsLast;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Four<T>(double* delta, int q, float factor)
            where T : unmanaged, ILanes<T>
        {
            T a0 = T.Zero, a1 = T.Zero, a2 = T.Zero, a3 = T.Zero;
            int* rows = _rows;
            ushort* index = _index + q;
            for (int first = 0; first < _images; first += PixelTiles.TileImages, rows += _inputs)
            {
                double* x0 = _pixels + rows[index[0]], x1 = _pixels + rows[index[1]], x2 = _pixels + rows[index[2]], x3 = _pixels
                    + rows[index[3]];
                double* d = delta + first;
                int count = Math.Min(PixelTiles.TileImages, _images - first);
                for (int n = 0; n < count; n += Eight)
                {
                    T value = T.Load((float*)(d + n));
                    a0 = T.FmaDoubles(T.Load((float*)(x0 + n)), value, a0);
                    a1 = T.FmaDoubles(T.Load((float*)(x1 + n)), value, a1);
                    a2 = T.FmaDoubles(T.Load((float*)(x2 + n)), value, a2);
                    a3 = T.FmaDoubles(T.Load((float*)(x3 + n)), value, a3);
                }
            }
            Finish(T.SumDoubles(a0), q, factor);
            Finish(T.SumDoubles(a1), q + 1, factor);
            Finish(T.SumDoubles(a2), q + 2, factor);
            Finish(T.SumDoubles(a3), q + 3, factor);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void One<T>(double* delta, int q, float factor)
            where T : unmanaged, ILanes<T>
        {
            T a = T.Zero;
            int* rows = _rows;
            for (int first = 0; first < _images; first += PixelTiles.TileImages, rows += _inputs)
            {
                double* x = _pixels + rows[_index[q]], d = delta + first;
                int count = Math.Min(PixelTiles.TileImages, _images - first);
                for (int n = 0; n < count; n += Eight)
                    a = T.FmaDoubles(T.Load((float*)(x + n)), T.Load((float*)(d + n)), a);
            }
            Finish(T.SumDoubles(a), q, factor);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Finish(double chunkSum, int q, float factor)
        {
            long sum = (_isFirst ? 0 : _sums[q]) + (long)chunkSum;
            _sums[q] = sum;
            if (_isLast)
                _gradient[q] = MathF.FusedMultiplyAdd(sum * Units, factor, 0f);
        }
    }
}
