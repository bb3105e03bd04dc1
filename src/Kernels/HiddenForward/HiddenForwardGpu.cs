using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.HiddenForward;

/// <summary>
/// Z = X W1 + b1 of a run of images: a group owns 64 images x 128 columns. A column's sum starts at its bias and takes the
/// pixels in ascending order, one fused multiply-add each: the bits of the CPU kernels.
/// </summary>
public struct HiddenForwardGpu : ITileJob
{
    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>Z goes here, [Capacity, stride] block after block.</summary>
    public GpuActivations Activations;

    public readonly int RowTiles => (Images.Rows + TileProduct.Rows - 1) / TileProduct.Rows;

    public readonly int RowCount => Images.Rows;

    public readonly int Parts => 1;

    public readonly CohortViews Columns => Cohort;

    public readonly ArrayView<float> Right => Cohort.W1;

    public readonly int RightHeight => Cohort.Inputs;

    /// <summary>The ILGPU kernel; groups of <see cref="TileProduct.Threads"/>.</summary>
    public static void Kernel(HiddenForwardGpu job) => TileProduct.Run(job);

    public readonly int First(int part) => 0;

    public readonly int End(int part) => Cohort.Inputs;

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

    readonly void ITileJob.Place(ArrayView<Float4> tile, int first, int thread, uint low, uint high)
    {
        ArrayView<float> floats = tile.Cast<float>();
        int place = (first * 4) + (thread / TileProduct.Rows * 8 * TileProduct.Rows) + (thread % TileProduct.Rows);
        floats[place] = GpuMath.Pixel(low & 255);
        floats[place + TileProduct.Rows] = GpuMath.Pixel((low >> 8) & 255);
        floats[place + (2 * TileProduct.Rows)] = GpuMath.Pixel((low >> 16) & 255);
        floats[place + (3 * TileProduct.Rows)] = GpuMath.Pixel(low >> 24);
        floats[place + (4 * TileProduct.Rows)] = GpuMath.Pixel(high & 255);
        floats[place + (5 * TileProduct.Rows)] = GpuMath.Pixel((high >> 8) & 255);
        floats[place + (6 * TileProduct.Rows)] = GpuMath.Pixel((high >> 16) & 255);
        floats[place + (7 * TileProduct.Rows)] = GpuMath.Pixel(high >> 24);
    }

    readonly Float4 ITileJob.Start(int column) => Cohort.B1.Cast<Float4>()[column / 4];

    readonly void ITileJob.Store(int part, int row, int blockFirst, int stride, int offset, int column, Float4 sums) =>
        Activations.Values.Cast<Float4>()[((Activations.Capacity * blockFirst) + (row * stride) + offset) / 4] = sums;
}
