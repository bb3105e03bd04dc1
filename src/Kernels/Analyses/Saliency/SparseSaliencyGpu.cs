using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>What <see cref="SparseSaliencyGpu{TFormula}"/> is given.</summary>
public struct SparseSaliencyRun
{
    /// <summary>One level.</summary>
    public SparseViews Sparse;

    /// <summary>As in <see cref="CohortViews"/>.</summary>
    public ArrayView<int> Slots;

    /// <summary>Of the launch's tiles, as <see cref="SparseEvaluateGpu"/> keeps it.</summary>
    public ArrayView<float> Z;

    /// <summary>[slot, N].</summary>
    public ArrayView<float> Logits;

    /// <summary>[slot, N, D].</summary>
    public ArrayView<float> Maps;

    /// <summary>The tiles of images of a launch.</summary>
    public int FirstTile, Tiles;

    /// <summary>N and D.</summary>
    public int Images, Inputs;
}

/// <summary>
/// <see cref="SparseSaliencyOperation"/> on a GPU: a group owns a tile of 128 images, a model and 32 pixels; a thread sums for
/// one image, in shared memory, and the sums leave it pixel by pixel, so that every access to memory is coalesced.
/// </summary>
/// <remarks>
/// Entries are the same for all threads, units ascending. Where a column's entries of the 32 pixels lie is found by halving,
/// by as many threads as there are columns.
/// </remarks>
internal struct SparseSaliencyGpu<TFormula>
    where TFormula : struct, ISaliencyFormula
{
    public const int Threads = PixelTiles.TileImages;

    private const int Band = 32;

    // Pixels of one image lie in different banks, and so do images of one pixel.
    private const int Pitch = Threads + 1;

    public SparseSaliencyRun Run;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Run.Tiles * (Run.Slots.IntLength / 2) * Bands);

    private readonly int Bands => (Run.Inputs + Band - 1) / Band;

    /// <summary>The ILGPU kernel; bands of pixels the fastest, then slots, then tiles.</summary>
    public static void Kernel(SparseSaliencyGpu<TFormula> kernel)
    {
        SparseSaliencyRun job = kernel.Run;
        ArrayView<float> sums = SharedMemory.Allocate<float>(Band * Pitch), slopes = SharedMemory.Allocate<float>(Threads);
        ArrayView<int> begins = SharedMemory.Allocate<int>(Threads), ends = SharedMemory.Allocate<int>(Threads);
        int thread = Group.IdxX, slots = job.Slots.IntLength / 2, place = Grid.IdxX / kernel.Bands, tile = place / slots;
        int slot = place % slots;
        int column = job.Slots[2 * slot], hidden = job.Slots[(2 * slot) + 1], firstPixel = Grid.IdxX % kernel.Bands * Band;
        for (int pixel = 0; pixel < Band; pixel++)
            sums[(pixel * Pitch) + thread] = 0f;
        for (int first = 0; first < hidden; first += Threads)
        {
            int units = Math.Min(Threads, hidden - first);
            if (thread < units)
            {
                int start = job.Sparse.Starts[column + first + thread], stop = job.Sparse.Starts[column + first + thread + 1];
                begins[thread] = LowerBound(job.Sparse.Index, start, stop, firstPixel);
                ends[thread] = LowerBound(job.Sparse.Index, start, stop, firstPixel + Band);
            }
            GpuGroup.Barrier();
            for (int unit = 0; unit < units; unit++)
                Add(job, sums, column + first + unit, begins[unit], ends[unit], firstPixel, tile, thread);
            GpuGroup.Barrier();
        }
        int firstImage = (job.FirstTile + tile) * Threads;
        float logit = job.Logits[(slot * job.Images) + Math.Min(firstImage + thread, job.Images - 1)];
        slopes[thread] = TFormula.Finish<Scalar>(1f, logit).Value;
        GpuGroup.Barrier();
        int own = thread % Band;
        for (int row = thread / Band; row < Threads; row += Threads / Band)
        {
            if (firstImage + row < job.Images && firstPixel + own < job.Inputs)
            {
                job.Maps[((((long)slot * job.Images) + firstImage + row) * job.Inputs) + firstPixel + own] = sums[(own * Pitch) + row]
                    * slopes[row];
            }
        }
    }

    private static void Add(
        SparseSaliencyRun job,
        ArrayView<float> sums,
        int column,
        int begin,
        int end,
        int firstPixel,
        int tile,
        int thread)
    {
        if (begin == end)
            return;
        float weight = job.Z[(((column * job.Tiles) + tile) * Threads) + thread] > 0f ? job.Sparse.W2[column] : 0f;
        for (int q = begin; q < end; q++)
        {
            int at = ((job.Sparse.Index[q] - firstPixel) * Pitch) + thread;
            sums[at] = GpuMath.Fma(job.Sparse.Value[q], weight, GpuGroup.Keep(sums[at]));
        }
    }

    // The first entry whose pixel is not below the given one.
    private static int LowerBound(ArrayView<ushort> index, int start, int end, int pixel)
    {
        while (start < end)
        {
            int middle = (start + end) / 2;
            if (index[middle] < pixel)
                start = middle + 1;
            else
                end = middle;
        }
        return start;
    }
}
