using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// G = sum of x gate q at the weights that are kept, in 64-bit integers, and after the last chunk of a batch the gradient: a group owns a
/// part of the entries of eight columns, eight entries of a column at a time; sixteen threads share an entry, each takes every sixteenth
/// image.
/// </summary>
/// <remarks>
/// gate q of the eight columns goes through shared memory: from there the threads of different entries read the same words. Pixels
/// of an entry lie side by side, sixteen at a time.
/// </remarks>
public struct SparseBackwardGpu
{
    public const int Threads = 128;

    private const int Lanes = 16, Entries = Threads / Lanes, Columns = 8;

    // Groups that share eight columns: a narrow cohort has few columns, and each has dozens of entries.
    private const int Parts = 4;

    // Neighbouring columns begin in neighbouring banks.
    private const int Pitch = ChunkSchedule.ChunkRows + 1;

    public SparseViews Sparse;

    /// <summary>gate q of the chunk.</summary>
    public GpuActivations Activations;

    /// <summary>As in <see cref="ImageViews"/>.</summary>
    public ArrayView<int> TileRows;

    public ArrayView<byte> Pixels;

    /// <summary>As the entries: G of the batch so far.</summary>
    public ArrayView<long> Sums;

    /// <summary>As the entries; written with the last chunk.</summary>
    public ArrayView<float> Gradient;

    /// <summary>Of the dense cohort.</summary>
    public CohortViews Cohort;

    /// <summary>One flag a slot.</summary>
    public ArrayView<int> Failed;

    /// <summary>See <see cref="GpuWeights.BackExponents"/>.</summary>
    public ArrayView<int> BackExponents;

    /// <summary>See <see cref="ExactSums.GradientScale"/>.</summary>
    public float Scale;

    /// <summary>The chunk: its first tile, its images, at most 256.</summary>
    public int FirstTile, Rows;

    /// <summary>D.</summary>
    public int Inputs;

    /// <summary>0 adds to what the batch's earlier chunks have left.</summary>
    public int IsFirst;

    /// <summary>1 turns the sums into gradients.</summary>
    public int IsLast;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Cohort.Vectors.IntLength / ColumnLayout.VectorFields * (ColumnLayout.Vector / Columns) * Parts);

    /// <summary>The ILGPU kernel; parts the fastest.</summary>
    public static void Kernel(SparseBackwardGpu job)
    {
        ArrayView<int> deltas = SharedMemory.Allocate<int>(Columns * Pitch);
        ArrayView<long> sums = SharedMemory.Allocate<long>(Threads);
        int thread = Group.IdxX, part = Grid.IdxX % Parts, run = Grid.IdxX / Parts;
        int vector = run / (ColumnLayout.Vector / Columns) * ColumnLayout.VectorFields;
        int blockFirst = job.Cohort.Vectors[vector], stride = job.Cohort.Vectors[vector + 1];
        int column = job.Cohort.Vectors[vector + 2] + (run % (ColumnLayout.Vector / Columns) * Columns);
        int source = (job.Activations.Capacity * blockFirst) + column - blockFirst + (thread % Columns);
        for (int row = thread / Columns; row < ChunkSchedule.ChunkRows; row += Threads / Columns)
            deltas[(thread % Columns * Pitch) + row] = row < job.Rows ? (int)job.Activations.Values[source + (row * stride)] : 0;
        GpuGroup.Barrier();
        int entry = thread / Lanes, lane = thread % Lanes;
        for (int unit = 0; unit < Columns; unit++)
        {
            int end = job.Sparse.Starts[column + unit + 1];
            for (int first = job.Sparse.Starts[column + unit] + (part * Entries); first < end; first += Parts * Entries)
            {
                int q = first + entry;
                sums[thread] = q < end ? Sum(job, deltas, unit * Pitch, job.Sparse.Index[q], lane) : 0;
                GpuGroup.Barrier();
                for (int half = Lanes / 2; half > 0; half /= 2)
                {
                    if (lane < half)
                        sums[thread] += sums[thread + half];
                    GpuGroup.Barrier();
                }
                if (lane == 0 && q < end)
                    Leave(job, q, column + unit, sums[thread]);
            }
        }
    }

    private static void Leave(SparseBackwardGpu job, int q, int column, long sum)
    {
        sum += job.IsFirst != 0 ? 0 : job.Sums[q];
        job.Sums[q] = sum;
        if (job.IsLast == 0)
            return;
        int slot = job.Cohort.ColumnSlots[column];
        float weight = job.Cohort.Outputs == 1 ? job.Cohort.W2[column] : ExactSums.PowerOfTwo(job.BackExponents[column]);
        float factor = weight * job.Scale;
        job.Gradient[q] = job.Failed[slot] != 0 ? 0f : GpuMath.Product(sum * ExactSums.PowerOfTwo(-40), factor);
    }

    // Every sixteenth image of the chunk; a tile's places behind the last image hold 0, and so does gate q.
    private static long Sum(SparseBackwardGpu job, ArrayView<int> deltas, int delta, int pixel, int lane)
    {
        long sum = 0;
        int row = 0;
        for (int image = lane; image < job.Rows; image += Lanes)
        {
            int within = image % PixelTiles.TileImages;
            if (within == lane)
                row = job.TileRows[((job.FirstTile + (image / PixelTiles.TileImages)) * job.Inputs) + pixel];
            sum = GpuMath.MultiplyAdd(sum, job.Pixels[row + within], deltas[delta + image]);
        }
        return sum;
    }
}
