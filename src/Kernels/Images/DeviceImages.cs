using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Layout;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Images;

/// <summary>The images of one split on a device, in the form that one kernel form wants.</summary>
public sealed class DeviceImages : IDisposable
{
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _chunks, _forwardStarts, _backwardStarts, _tileRows;
    private readonly MemoryBuffer1D<ushort, Stride1D.Dense> _forwardIndex, _backwardIndex;
    private readonly MemoryBuffer1D<byte, Stride1D.Dense> _bytes;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _forwardValue, _backwardValue, _labels;
    private readonly AlignedFloats _pixels;

    /// <param name="device">Where.</param>
    /// <param name="pixels">Unsigned bytes, row-major [N, D].</param>
    /// <param name="labels">0 or 1 an image; may be all 0 where no loss is wanted.</param>
    /// <param name="inputs">D.</param>
    /// <param name="schedule">Batches and chunks.</param>
    /// <param name="form">Which form the kernels are to run in; CUDA has no input-sparse one and takes the dense one instead.</param>
    /// <param name="withBackward">
    /// False when no gradient is taken over these images. In the weight-sparse form batches must begin with a tile of
    /// <see cref="PixelTiles.TileImages"/> images.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Pixels are not N D, D is out of range, a chunk lies beyond the images, or a batch begins within a tile.
    /// </exception>
    public DeviceImages(
        ComputeDevice device, ReadOnlyMemory<byte> pixels, ReadOnlySpan<float> labels, int inputs, ChunkSchedule schedule, KernelForm form, bool withBackward)
    {
        if (withBackward && form == KernelForm.WeightSparse && schedule.Chunks.FirstOrDefault(chunk => chunk.FirstRow % PixelTiles.TileImages != 0) is { Rows: > 0 } astray)
            throw new ArgumentException($"a batch begins at image {astray.FirstRow}; in the form {form} multiples of {PixelTiles.TileImages} are right", nameof(schedule));
        if (pixels.Length != (long)labels.Length * inputs)
            throw new ArgumentException($"{pixels.Length} pixels for {labels.Length} images of {inputs}", nameof(pixels));

        Images = labels.Length;
        Inputs = inputs;
        HasBackward = withBackward;
        Schedule = schedule;
        bool onGpu = device.Kind != AcceleratorType.CPU;
        Form = device.Kind == AcceleratorType.Cuda && form == KernelForm.InputSparse ? KernelForm.Dense : form;
        bool sparse = Form == KernelForm.InputSparse;

        // The dense form needs the chunk table alone: compressing no pixel gives just that.
        ReadOnlyMemory<byte> compressed = sparse ? pixels : new byte[pixels.Length];
        SparseImages images = SparseImages.Compress(compressed, inputs, schedule, withBackward && sparse);
        NonZeros = images.NonZeros;
        _chunks = device.Upload(images.ChunkTable);
        _forwardStarts = device.Upload(images.ForwardStarts);
        _forwardIndex = device.Upload(images.ForwardIndex);
        _forwardValue = device.Upload(images.ForwardValue);
        _backwardStarts = device.Upload(images.BackwardStarts);
        _backwardIndex = device.Upload(images.BackwardIndex);
        _backwardValue = device.Upload(images.BackwardValue);
        PixelTiles? tiles = Form == KernelForm.WeightSparse ? PixelTiles.Arrange(pixels, inputs) : null;
        float[] scaled = tiles?.Values ?? (sparse || onGpu ? [0f] : Scale(pixels.Span));
        _pixels = new AlignedFloats(device, scaled.Length);
        _pixels.CopyFrom(scaled);
        _bytes = device.Upload(onGpu && tiles is null ? Pad(pixels.Span, inputs) : []);
        _tileRows = device.Upload(tiles?.Rows ?? []);
        _labels = device.Upload(labels.ToArray());
    }

    /// <summary>N.</summary>
    public int Images { get; }

    /// <summary>D.</summary>
    public int Inputs { get; }

    public int Chunks => Schedule.Chunks.Count;

    /// <summary>Bytes from one image to the next on a GPU: whole loads of sixteen.</summary>
    internal static int Pitch(int inputs) => (inputs + 15) / 16 * 16;

    /// <summary>Whether gradients can be taken over these images.</summary>
    public bool HasBackward { get; }

    public KernelForm Form { get; }

    internal ChunkSchedule Schedule { get; }

    /// <summary>Non-zero pixels of an epoch; 0 for the dense form, which does not count them.</summary>
    public long NonZeros { get; }

    internal ImageViews Views => new()
    {
        Chunks = _chunks.View,
        ForwardStarts = _forwardStarts.View,
        BackwardStarts = _backwardStarts.View,
        ForwardIndex = _forwardIndex.View,
        BackwardIndex = _backwardIndex.View,
        ForwardValue = _forwardValue.View,
        BackwardValue = _backwardValue.View,
        Pixels = _pixels.View,
        Bytes = _bytes.View,
        TileRows = _tileRows.View,
        Labels = _labels.View,
        Images = Images,
    };

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[]
        {
            _chunks, _forwardStarts, _backwardStarts, _forwardIndex, _backwardIndex, _forwardValue, _backwardValue, _pixels, _bytes, _tileRows, _labels,
        })
        {
            buffer.Dispose();
        }
    }

    private static byte[] Pad(ReadOnlySpan<byte> pixels, int inputs)
    {
        int pitch = Pitch(inputs);
        var padded = new byte[checked(pixels.Length / inputs * pitch)];
        for (int row = 0; row < pixels.Length / inputs; row++)
            pixels.Slice(row * inputs, inputs).CopyTo(padded.AsSpan(row * pitch));
        return padded;
    }

    private static float[] Scale(ReadOnlySpan<byte> pixels)
    {
        var scaled = new float[pixels.Length];
        for (int i = 0; i < scaled.Length; i++)
            scaled[i] = pixels[i] / 255f;
        return scaled;
    }
}
