using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>A run of images as GPU kernels see it.</summary>
public struct GpuImages
{
    /// <summary>Row-major [N, Pitch] bytes.</summary>
    public ArrayView<byte> Pixels;

    /// <summary>0 or 1 an image, of all N.</summary>
    public ArrayView<float> Labels;

    /// <summary>See <see cref="ImageViews.Numbers"/>; of all N.</summary>
    public ArrayView<uint> Numbers;

    /// <summary>D + 1 rounded up to 16: behind the last pixel comes the constant one, then zeros.</summary>
    public int Pitch;

    /// <summary>The run: images First .. First + Rows - 1.</summary>
    public int First, Rows;

    /// <summary>The schedule's chunk that the run begins with, -1 when it is not made of whole chunks.</summary>
    public int Chunk;

    /// <summary>Backward products alone ask for the chunk of a run.</summary>
    internal const int NoChunk = -1;

    internal static GpuImages Of(DeviceImages images, int first, int rows, int chunk)
    {
        ImageViews views = images.Views;
        return new GpuImages
        {
            Pixels = views.Bytes,
            Labels = views.Labels,
            Numbers = views.Numbers,
            Pitch = DeviceImages.Pitch(images.Inputs),
            First = first,
            Rows = rows,
            Chunk = chunk,
        };
    }
}

/// <summary>
/// Activations of a run of images: [Capacity, stride] block after block, so a block starts at Capacity * its first column.
/// </summary>
public struct GpuActivations
{
    public ArrayView<float> Values;

    /// <summary>Rows that there is room for, at least those of the run.</summary>
    public int Capacity;
}
