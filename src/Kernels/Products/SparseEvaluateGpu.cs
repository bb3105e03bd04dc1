using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Logits and active units over compressed columns on a GPU: a group owns a tile of images, a level and a model, a thread an image. Entries
/// are the same for all threads of a group, pixels lie side by side: every load is coalesced or shared, no branch diverges.
/// </summary>
public struct SparseEvaluateGpu
{
    public const int Threads = PixelTiles.TileImages;

    // Outputs that share the sums over a column's entries.
    private const int AtOnce = 4;

    public SparseViews Sparse;

    public GpuSparseWeights Weights;

    /// <summary>As in <see cref="CohortViews"/>.</summary>
    public ArrayView<int> Slots;

    /// <summary>As in <see cref="ImageViews"/>.</summary>
    public ArrayView<int> TileRows;

    public ArrayView<byte> Pixels;

    /// <summary>[level, slot, O, N].</summary>
    public ArrayView<float> Logits;

    /// <summary>[level, column].</summary>
    public ArrayView<int> Active;

    /// <summary>Z of the launch's images, [column, Tiles * 128], level after level; unused unless it is kept.</summary>
    public ArrayView<float> Z;

    /// <summary>1 keeps Z.</summary>
    public int KeepsZ;

    /// <summary>N, D and O.</summary>
    public int Images, Inputs, Outputs;

    /// <summary>The tiles of images of a launch.</summary>
    public int FirstTile, Tiles;

    /// <summary>Over these weights and images, with Wq of the weights as they are; where results go is still to be set.</summary>
    internal static SparseEvaluateGpu Of(GpuDevice device, SparseCohort cohort, in ImageViews images) => new()
    {
        Sparse = cohort.Views,
        Weights = GpuSparseWeights.Of(device, cohort),
        Slots = cohort.Shape.Slots,
        TileRows = images.TileRows,
        Pixels = images.TileBytes,
        Images = images.Images,
        Inputs = cohort.Layout.Inputs,
        Outputs = cohort.Layout.Outputs,
    };

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Tiles * Sparse.Levels * (Slots.IntLength / 2));

    /// <summary>The ILGPU kernel; slots the fastest, then levels, then tiles.</summary>
    public static void Kernel(SparseEvaluateGpu job)
    {
        int thread = Group.IdxX, slots = job.Slots.IntLength / 2, place = Grid.IdxX % (slots * job.Sparse.Levels);
        int tile = job.FirstTile + (Grid.IdxX / (slots * job.Sparse.Levels)), slot = place % slots, level = place / slots;
        int hidden = job.Slots[(2 * slot) + 1], first = (job.Sparse.B1.IntLength / job.Sparse.Levels * level) + job.Slots[2 * slot];
        int image = (tile * Threads) + thread, rows = tile * job.Inputs, columns = job.Sparse.B1.IntLength / job.Sparse.Levels;
        int failed = job.Weights.Failed[place], last = job.Outputs - 1, weights = (level * last * columns) + first;

        // Four outputs at a time; those behind the last are computed again and left.
        for (int k = 0; k < job.Outputs; k += AtOnce)
        {
            int k1 = Math.Min(k + 1, last), k2 = Math.Min(k + 2, last), k3 = Math.Min(k + 3, last);
            var sums = new Long4(Bias(job, place, k, failed), Bias(job, place, k1, failed), Bias(
                job, place, k2, failed), Bias(job, place, k3, failed));
            for (int h = 0; h < hidden; h++)
            {
                float scale = failed != 0 ? 0f : ExactSums.ActivationScale(job.Weights.Exponents[first + h]);
                float z = GpuWeights.Activation(Sum(job, first + h, rows, thread), scale);
                if (job.KeepsZ != 0)
                    job.Z[((((first + h) * job.Tiles) + tile - job.FirstTile) * Threads) + thread] = z;

                // Whoever writes writes 1.
                if (image < job.Images && z > 0f)
                    job.Active[first + h] = 1;
                int weight = weights + h;
                sums.X += OutputForwardGpu.Term(z, job.Sparse.W2[weight + (k * columns)]);
                if (last == 0)
                    continue;
                sums.Y += OutputForwardGpu.Term(z, job.Sparse.W2[weight + (k1 * columns)]);
                sums.Z += OutputForwardGpu.Term(z, job.Sparse.W2[weight + (k2 * columns)]);
                sums.W += OutputForwardGpu.Term(z, job.Sparse.W2[weight + (k3 * columns)]);
            }
            if (image >= job.Images)
                continue;
            Leave(job, place, k, image, failed, sums.X);
            if (k + 1 <= last)
                Leave(job, place, k1, image, failed, sums.Y);
            if (k + 2 <= last)
                Leave(job, place, k2, image, failed, sums.Z);
            if (k + 3 <= last)
                Leave(job, place, k3, image, failed, sums.W);
        }
    }

    private static long Bias(SparseEvaluateGpu job, int place, int k, int failed) =>
        failed != 0 ? 0 : (long)GpuMath.Rint(job.Sparse.B2[(place * job.Outputs) + k] * ExactSums.LogitUnits);

    private static void Leave(SparseEvaluateGpu job, int place, int k, int image, int failed, long sum) =>
        job.Logits[(((long)place * job.Outputs) + k) * job.Images + image] = failed != 0
            ? OutputForwardGpu.NaN(failed)
            : OutputForwardGpu.Logit(sum);

    private static long Sum(SparseEvaluateGpu job, int column, int rows, int thread)
    {
        long sum = GpuMath.MultiplyAdd(0, ExactSums.ConstantPixel, job.Weights.Biases[column]);
        int end = job.Sparse.Starts[column + 1];
        for (int q = job.Sparse.Starts[column]; q < end; q++)
            sum = GpuMath.MultiplyAdd(sum, job.Pixels[job.TileRows[rows + job.Sparse.Index[q]] + thread], job.Weights.Values[q]);
        return sum;
    }
}
