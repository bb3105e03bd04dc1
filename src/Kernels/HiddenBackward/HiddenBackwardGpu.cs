using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.HiddenBackward;

/// <summary>
/// dW1 = X^T d1 of a run of images: a group owns 64 pixels x 128 columns of one segment of at most
/// <see cref="Segment"/> images, which it takes in ascending order, one fused multiply-add each.
/// </summary>
/// <remarks>
/// A batch is cut in segments from its first image on, whatever the device or the cohort; a gradient is the sum of its
/// segments' sums in ascending order. So the bits depend on the batch alone, and segments of a narrow cohort can be summed
/// at the same time, which is what fills a GPU when there are few columns.
/// </remarks>
public struct HiddenBackwardGpu : ITileJob
{
    /// <summary>Images of a segment.</summary>
    public const int Segment = 512;

    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>d1, [Capacity, stride] block after block.</summary>
    public GpuActivations Activations;

    /// <summary>As W1: the gradient, or the partial sums of one segment after the other.</summary>
    public ArrayView<float> Gradient;

    /// <summary>1 when the sums go on from the gradient; for one segment.</summary>
    public int GoesOn;

    public readonly int RowTiles => (Cohort.Inputs + TileProduct.Rows - 1) / TileProduct.Rows;

    public readonly int RowCount => Cohort.Inputs;

    public readonly int Parts => (Images.Rows + Segment - 1) / Segment;

    public readonly CohortViews Columns => Cohort;

    public readonly ArrayView<float> Right => Activations.Values;

    public readonly int RightHeight => Activations.Capacity;

    /// <summary>Leaves the sums in the gradient; groups of <see cref="TileProduct.Threads"/>.</summary>
    public static void Kernel(HiddenBackwardGpu job) => TileProduct.Run(job);

    /// <summary>For the last segment of a batch: W1 -= rate * sums at once; the gradient is not written.</summary>
    public static void Update(HiddenBackwardGpu job) => TileProduct.Run(new HiddenBackwardUpdate(job));

    public readonly int First(int part) => part * Segment;

    public readonly int End(int part) => Math.Min((part + 1) * Segment, Images.Rows);

    // A thread takes eight pixels of one image: eight threads an image.
    internal readonly void Fetch(int rowTile, int k, int thread, out uint low, out uint high)
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

    internal static void Place(ArrayView<Float4> tile, int first, int thread, uint low, uint high)
    {
        int place = first + (thread / 8 * (TileProduct.Rows / 4)) + (thread % 8 * 2);
        tile[place] = Pixels(low);
        tile[place + 1] = Pixels(high);
    }

    internal readonly int Place(int row, int blockFirst, int stride, int offset) => ((Cohort.Inputs * blockFirst) + (row * stride) + offset) / 4;

    readonly void ITileJob.Fetch(int rowTile, int k, int thread, out uint low, out uint high) => Fetch(rowTile, k, thread, out low, out high);

    readonly void ITileJob.Place(ArrayView<Float4> tile, int first, int thread, uint low, uint high) => Place(tile, first, thread, low, high);

    readonly Float4 ITileJob.Start(int column) => default;

    readonly void ITileJob.Store(int part, int row, int blockFirst, int stride, int offset, int column, Float4 sums)
    {
        int place = (part * (Cohort.W1.IntLength / 4)) + Place(row, blockFirst, stride, offset);
        ArrayView<Float4> gradient = Gradient.Cast<Float4>();
        gradient[place] = GoesOn != 0 ? gradient[place].Add(sums) : sums;
    }

    private static Float4 Pixels(uint word) => new(
        GpuMath.Pixel(word & 255), GpuMath.Pixel((word >> 8) & 255), GpuMath.Pixel((word >> 16) & 255), GpuMath.Pixel(word >> 24));
}

/// <summary>The same sums, which end in W1. A type of its own, because a store with both ends takes registers from the sums.</summary>
internal readonly struct HiddenBackwardUpdate(HiddenBackwardGpu sums) : ITileJob
{
    private readonly HiddenBackwardGpu _sums = sums;

    public int RowTiles => _sums.RowTiles;

    public int RowCount => _sums.RowCount;

    public int Parts => 1;

    public CohortViews Columns => _sums.Columns;

    public ArrayView<float> Right => _sums.Right;

    public int RightHeight => _sums.RightHeight;

    public int First(int part) => 0;

    public int End(int part) => _sums.Images.Rows;

    public void Fetch(int rowTile, int k, int thread, out uint low, out uint high) => _sums.Fetch(rowTile, k, thread, out low, out high);

    public void Place(ArrayView<Float4> tile, int first, int thread, uint low, uint high) => HiddenBackwardGpu.Place(tile, first, thread, low, high);

    public Float4 Start(int column) => default;

    public void Store(int part, int row, int blockFirst, int stride, int offset, int column, Float4 sums)
    {
        int place = _sums.Place(row, blockFirst, stride, offset);
        if (_sums.GoesOn != 0)
            sums = _sums.Gradient.Cast<Float4>()[place].Add(sums);
        ArrayView<Float4> weights = _sums.Cohort.W1.Cast<Float4>();
        weights[place] = Kernels.Update.UpdateGpu.Step(_sums.Cohort.ColumnRates.Cast<Float4>()[column / 4], sums, weights[place], _sums.Cohort.WeightDecay);
    }
}
