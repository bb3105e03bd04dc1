using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.SparseEvaluate;

/// <summary>
/// <see cref="SparseEvaluateOperation"/> on a GPU: a group owns a tile of images, a level and a model, a thread an image. Entries
/// are the same for all threads of a group, pixels lie side by side: every load is coalesced or shared, no branch diverges.
/// </summary>
public struct SparseEvaluateGpu
{
    public const int Threads = PixelTiles.TileImages;

    // As on the CPU: columns are summed in sixteen lanes, number modulo 16, and the lanes as a tree.
    private const int Lanes = 16;

    public SparseViews Sparse;

    /// <summary>As in <see cref="CohortViews"/>.</summary>
    public ArrayView<int> Slots;

    /// <summary>As in <see cref="ImageViews"/>.</summary>
    public ArrayView<int> TileRows;

    public ArrayView<float> Pixels;

    public OutputViews Output;

    /// <summary>Z of the launch's images, [column, Tiles * 128], level after level; unused unless it is kept.</summary>
    public ArrayView<float> Z;

    /// <summary>1 keeps Z.</summary>
    public int KeepsZ;

    /// <summary>N and D.</summary>
    public int Images, Inputs;

    /// <summary>The tiles of images of a launch.</summary>
    public int FirstTile, Tiles;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Tiles * Sparse.Levels * (Slots.IntLength / 2));

    /// <summary>The ILGPU kernel; slots the fastest, then levels, then tiles.</summary>
    public static void Kernel(SparseEvaluateGpu job)
    {
        ArrayView<float> lanes = SharedMemory.Allocate<float>(Lanes * Threads);
        int thread = Group.IdxX, slots = job.Slots.IntLength / 2, place = Grid.IdxX % (slots * job.Sparse.Levels);
        int tile = job.FirstTile + (Grid.IdxX / (slots * job.Sparse.Levels)), slot = place % slots, level = place / slots;
        int hidden = job.Slots[(2 * slot) + 1], first = (job.Sparse.B1.IntLength / job.Sparse.Levels * level) + job.Slots[2 * slot];
        int image = (tile * Threads) + thread, rows = tile * job.Inputs;
        for (int h = 0; h < hidden; h++)
        {
            float z = Sum(job, first + h, rows, thread);
            if (job.KeepsZ != 0)
                job.Z[((((first + h) * job.Tiles) + tile - job.FirstTile) * Threads) + thread] = z;

            // Whoever writes writes 1.
            if (image < job.Images && z > 0f)
                job.Output.Active[first + h] = 1;
            int lane = (h % Lanes * Threads) + thread;
            float sum = h < Lanes ? 0f : GpuGroup.Keep(lanes[lane]);
            lanes[lane] = GpuMath.Fma(GpuMath.Relu(z), job.Sparse.W2[first + h], sum);
        }
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int lane = half; lane < Math.Min(hidden, 2 * half); lane++)
            {
                int target = ((lane - half) * Threads) + thread;
                lanes[target] = GpuGroup.Keep(lanes[target]) + GpuGroup.Keep(lanes[(lane * Threads) + thread]);
            }
        }
        if (image < job.Images)
            job.Output.Values[((long)place * job.Images) + image] = GpuGroup.Keep(lanes[thread]) + job.Sparse.B2[place];
    }

    // Pixels ascending, one fused multiply-add each.
    private static float Sum(SparseEvaluateGpu job, int column, int rows, int thread)
    {
        float z = job.Sparse.B1[column];
        int end = job.Sparse.Starts[column + 1];
        for (int q = job.Sparse.Starts[column]; q < end; q++)
            z = GpuMath.Fma(job.Sparse.Value[q], job.Pixels[job.TileRows[rows + job.Sparse.Index[q]] + thread], z);
        return z;
    }
}
