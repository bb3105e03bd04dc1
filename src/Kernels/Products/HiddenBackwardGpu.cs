using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// G = X^T (gate q) of a run of images in 64-bit integers: a group owns 64 pixels x 64 columns of a part of the images.
/// Parts of a narrow cohort fill a GPU; <see cref="SumPartsGpu"/> adds them.
/// </summary>
public struct HiddenBackwardGpu : ITileJob
{
    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>gate q, integers, [Capacity, stride] block after block.</summary>
    public GpuActivations Activations;

    /// <summary>G, [D + 1, stride] block after block, part after part.</summary>
    public ArrayView<long> Sums;

    public GpuParts Parts;

    /// <summary>1 when the sums go on from what is there.</summary>
    public int GoesOn;

    // The constant pixel is a row like the others.
    public readonly int RowCount => Cohort.Inputs + 1;

    public readonly int RowTiles => (RowCount + TileProduct.Rows - 1) / TileProduct.Rows;

    public readonly CohortViews Columns => Cohort;

    public readonly int RightHeight => Activations.Capacity;

    /// <summary>The ILGPU kernel; groups of <see cref="TileProduct.Threads"/>.</summary>
    public static void Kernel(HiddenBackwardGpu job) => TileProduct.Run(job);

    public readonly Int4 Right(int place) => Int4.Of(Activations.Values.Cast<Float4>()[place]);

    public readonly int First(int part) => Parts.First(part);

    public readonly int End(int part) => Parts.First(part + 1);

    // A thread takes eight pixels of one image: eight threads an image. What lies behind a part's end meets zeros on the right.
    readonly void ITileJob.Fetch(int rowTile, int k, int thread, out uint low, out uint high)
    {
        int image = k + (thread / 8), pixel = (rowTile * TileProduct.Rows) + (thread % 8 * 8);
        low = 0;
        high = 0;
        if (image < Images.Rows && pixel < Images.Pitch)
        {
            int word = ((Images.First + image) * (Images.Pitch / 4)) + (pixel / 4);
            ArrayView<uint> words = Images.Pixels.Cast<uint>();
            low = words[word];
            high = words[word + 1];
        }
    }

    readonly void ITileJob.Place(ArrayView<Int4> tile, int first, int thread, uint low, uint high)
    {
        int place = first + (thread / 8 * (TileProduct.Rows / 4)) + (thread % 8 * 2);
        tile[place] = Pixels(low);
        tile[place + 1] = Pixels(high);
    }

    readonly void ITileJob.Store(int part, int row, int blockFirst, int stride, int offset, int column, Long4 sums)
    {
        int place = (part * (RowCount * Cohort.B1.IntLength / 4)) + (((RowCount * blockFirst) + (row * stride) + offset) / 4);
        ArrayView<Long4> all = Sums.Cast<Long4>();
        all[place] = GoesOn != 0 ? all[place].Add(sums) : sums;
    }

    private static Int4 Pixels(uint word) => new((int)(word & 255), (int)((word >> 8) & 255), (int)((word >> 16) & 255), (int)(word >> 24));
}
