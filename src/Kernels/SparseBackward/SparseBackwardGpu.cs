using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.SparseBackward;

/// <summary>
/// <see cref="SparseBackwardOperation"/> on a GPU, with its bits: a group owns a part of the entries of eight columns, eight
/// entries of a column at a time; sixteen threads share an entry, each takes every sixteenth image.
/// </summary>
/// <remarks>
/// d1 of the eight columns goes through shared memory: from there the threads of different entries read the same words. Pixels
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

    /// <summary>As in <see cref="CohortViews"/>.</summary>
    public ArrayView<int> Vectors;

    /// <summary>d1 of the chunk.</summary>
    public GpuActivations Activations;

    /// <summary>As in <see cref="ImageViews"/>.</summary>
    public ArrayView<int> TileRows;

    public ArrayView<float> Pixels;

    /// <summary>As the entries.</summary>
    public ArrayView<float> Gradient;

    /// <summary>The chunk: its first tile, its images, at most 256.</summary>
    public int FirstTile, Rows;

    /// <summary>D.</summary>
    public int Inputs;

    /// <summary>0 adds to what the batch's earlier chunks have left.</summary>
    public int IsFirst;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Vectors.IntLength / ColumnLayout.VectorFields * (ColumnLayout.Vector / Columns) * Parts);

    /// <summary>The ILGPU kernel; parts the fastest.</summary>
    public static void Kernel(SparseBackwardGpu job)
    {
        ArrayView<float> deltas = SharedMemory.Allocate<float>(Columns * Pitch);
        ArrayView<float> sums = SharedMemory.Allocate<float>(Threads);
        int thread = Group.IdxX, part = Grid.IdxX % Parts, run = Grid.IdxX / Parts;
        int vector = run / (ColumnLayout.Vector / Columns) * ColumnLayout.VectorFields;
        int blockFirst = job.Vectors[vector], stride = job.Vectors[vector + 1];
        int column = job.Vectors[vector + 2] + (run % (ColumnLayout.Vector / Columns) * Columns);
        int source = (job.Activations.Capacity * blockFirst) + column - blockFirst + (thread % Columns);
        for (int row = thread / Columns; row < ChunkSchedule.ChunkRows; row += Threads / Columns)
            deltas[(thread % Columns * Pitch) + row] = row < job.Rows ? job.Activations.Values[source + (row * stride)] : 0f;
        GpuGroup.Barrier();
        int entry = thread / Lanes, lane = thread % Lanes;
        for (int unit = 0; unit < Columns; unit++)
        {
            int end = job.Sparse.Starts[column + unit + 1];
            for (int first = job.Sparse.Starts[column + unit] + (part * Entries); first < end; first += Parts * Entries)
            {
                int q = first + entry;
                sums[thread] = q < end ? Sum(job, deltas, unit * Pitch, job.Sparse.Index[q], lane) : 0f;
                GpuGroup.Barrier();
                for (int half = Lanes / 2; half > 0; half /= 2)
                {
                    if (lane < half)
                        sums[thread] = GpuGroup.Keep(sums[thread]) + GpuGroup.Keep(sums[thread + half]);
                    GpuGroup.Barrier();
                }
                if (lane == 0 && q < end)
                    job.Gradient[q] = job.IsFirst != 0 ? GpuGroup.Keep(sums[thread]) : GpuGroup.Keep(job.Gradient[q]) + GpuGroup.Keep(sums[thread]);
            }
        }
    }

    // Every sixteenth image of the chunk, ascending; a tile's places behind the last image hold 0, and so does d1.
    private static float Sum(SparseBackwardGpu job, ArrayView<float> deltas, int delta, int pixel, int lane)
    {
        float sum = 0f;
        int row = 0;
        for (int image = lane; image < job.Rows; image += Lanes)
        {
            int within = image % PixelTiles.TileImages;
            if (within == lane)
                row = job.TileRows[((job.FirstTile + (image / PixelTiles.TileImages)) * job.Inputs) + pixel];
            sum = GpuMath.Fma(job.Pixels[row + within], deltas[delta + image], sum);
        }
        return sum;
    }
}
