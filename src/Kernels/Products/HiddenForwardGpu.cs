using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>V = X Wq of a run of images in 64-bit integers, then Z = fl((float)V z): a group owns 64 images x 64 columns.</summary>
/// <remarks>Images end with a constant pixel of 255, Wq with the biases, so there is no case for them.</remarks>
public struct HiddenForwardGpu : ITileJob
{
    public CohortViews Cohort;

    public GpuWeights Weights;

    public GpuImages Images;

    /// <summary>Z goes here, [Capacity, stride] block after block.</summary>
    public GpuActivations Activations;

    public readonly int RowTiles => (Images.Rows + TileProduct.Rows - 1) / TileProduct.Rows;

    public readonly int RowCount => Images.Rows;

    public readonly CohortViews Columns => Cohort;

    public readonly int RightHeight => Cohort.Inputs + 1;

    /// <summary>The ILGPU kernel; groups of <see cref="TileProduct.Threads"/>.</summary>
    public static void Kernel(HiddenForwardGpu job) => TileProduct.Run(job);

    public readonly Int4 Right(int place) => Weights.Values.Cast<Int4>()[place];

    public readonly int First(int part) => 0;

    public readonly int End(int part) => Cohort.Inputs + 1;

    // A thread takes eight pixels of one image: threads 0 .. 63 the first eight of the step, the others the second.
    readonly void ITileJob.Fetch(int rowTile, int k, int thread, out uint low, out uint high)
    {
        int row = (rowTile * TileProduct.Rows) + (thread % TileProduct.Rows), pixel = k + (thread / TileProduct.Rows * 8);
        low = 0;
        high = 0;
        if (row < Images.Rows && pixel < Images.Pitch)
        {
            int word = ((Images.First + row) * (Images.Pitch / 4)) + (pixel / 4);
            ArrayView<uint> words = Images.Pixels.Cast<uint>();
            low = words[word];
            high = words[word + 1];
        }
    }

    readonly void ITileJob.Place(ArrayView<Int4> tile, int first, int thread, uint low, uint high)
    {
        ArrayView<int> values = tile.Cast<int>();
        int place = (first * 4) + (thread / TileProduct.Rows * 8 * TileProduct.Rows) + (thread % TileProduct.Rows);
        values[place] = (int)(low & 255);
        values[place + TileProduct.Rows] = (int)((low >> 8) & 255);
        values[place + (2 * TileProduct.Rows)] = (int)((low >> 16) & 255);
        values[place + (3 * TileProduct.Rows)] = (int)(low >> 24);
        values[place + (4 * TileProduct.Rows)] = (int)(high & 255);
        values[place + (5 * TileProduct.Rows)] = (int)((high >> 8) & 255);
        values[place + (6 * TileProduct.Rows)] = (int)((high >> 16) & 255);
        values[place + (7 * TileProduct.Rows)] = (int)(high >> 24);
    }

    readonly void ITileJob.Store(int part, int row, int blockFirst, int stride, int offset, int column, Long4 sums) =>
        Activations.Values.Cast<Float4>()[((Activations.Capacity * blockFirst) + (row * stride) + offset) / 4] =
            GpuWeights.Activation(sums, Weights.Scales(Cohort, column));
}
