using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.HiddenBackward;

/// <summary>Where <see cref="HiddenBackwardGpu"/> puts its sums.</summary>
internal enum GradientTarget
{
    /// <summary>Each segment's sums apart, for <see cref="Update.UpdateGpu"/> to add in order.</summary>
    Partials,

    /// <summary>Into the gradient, which they replace.</summary>
    Replace,

    /// <summary>Added to the gradient.</summary>
    Add,

    /// <summary>The batch's first and last: W1 -= rate * sums; the gradient is not written.</summary>
    Update,

    /// <summary>The batch's last: W1 -= rate * (gradient + sums).</summary>
    AddAndUpdate,
}

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

    /// <summary>A <see cref="GradientTarget"/>.</summary>
    public int Target;

    public readonly int RowTiles => (Cohort.Inputs + TileProduct.Rows - 1) / TileProduct.Rows;

    public readonly int RowCount => Cohort.Inputs;

    public readonly int Parts => (Images.Rows + Segment - 1) / Segment;

    public readonly CohortViews Columns => Cohort;

    public readonly ArrayView<float> Right => Activations.Values;

    public readonly int RightHeight => Activations.Capacity;

    /// <summary>The ILGPU kernel; groups of <see cref="TileProduct.Threads"/>.</summary>
    public static void Kernel(HiddenBackwardGpu job) => TileProduct.Run(job);

    public readonly int First(int part) => part * Segment;

    public readonly int End(int part) => Math.Min((part + 1) * Segment, Images.Rows);

    // A thread takes eight pixels of one image: eight threads an image.
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

    readonly void ITileJob.Place(ArrayView<Float4> tile, int first, int thread, uint low, uint high)
    {
        int place = first + (thread / 8 * (TileProduct.Rows / 4)) + (thread % 8 * 2);
        tile[place] = Pixels(low);
        tile[place + 1] = Pixels(high);
    }

    readonly Float4 ITileJob.Start(int column) => default;

    readonly void ITileJob.Store(int part, int row, int blockFirst, int stride, int offset, int column, Float4 sums)
    {
        int place = ((Cohort.Inputs * blockFirst) + (row * stride) + offset) / 4;
        ArrayView<Float4> gradient = Gradient.Cast<Float4>();
        if (Target == (int)GradientTarget.Partials)
        {
            gradient[(part * (Cohort.W1.IntLength / 4)) + place] = sums;
            return;
        }
        if (Target == (int)GradientTarget.Add || Target == (int)GradientTarget.AddAndUpdate)
            sums = gradient[place].Add(sums);
        if (Target == (int)GradientTarget.Replace || Target == (int)GradientTarget.Add)
        {
            gradient[place] = sums;
            return;
        }
        ArrayView<Float4> weights = Cohort.W1.Cast<Float4>();
        weights[place] = Kernels.Update.UpdateGpu.Step(Cohort.ColumnRates.Cast<Float4>()[column / 4], sums, weights[place], Cohort.WeightDecay);
    }

    private static Float4 Pixels(uint word) => new(
        GpuMath.Pixel(word & 255), GpuMath.Pixel((word >> 8) & 255), GpuMath.Pixel((word >> 16) & 255), GpuMath.Pixel(word >> 24));
}
