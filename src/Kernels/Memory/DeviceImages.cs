using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>The images of one split on a device, in the form that one kernel form wants.</summary>
public sealed class DeviceImages : IDisposable
{
    private readonly DeviceArray<int> _chunks, _tileRows, _imageStarts, _pixelStarts;
    private readonly DeviceArray<ushort> _imageIndex, _pixelIndex;
    private readonly DeviceArray<byte> _bytes, _tileBytes, _imageValue, _pixelValue;
    private readonly DeviceArray<double> _tiles;
    private readonly DeviceArray<float> _labels;
    private readonly DeviceArray<uint> _numbers;
    private readonly DevicePairs? _pairs;

    /// <param name="device">Where.</param>
    /// <param name="pixels">Unsigned bytes, row-major [N, D].</param>
    /// <param name="labels">
    /// 0 or 1 an image, or the number of its class, below the O of the cohorts that are trained on it; may be all 0 where no loss is
    /// wanted.
    /// </param>
    /// <param name="inputs">D.</param>
    /// <param name="schedule">Batches and chunks.</param>
    /// <param name="form">Which form the kernels are to run in; CUDA has no input-sparse one and takes the dense one instead.</param>
    /// <param name="withBackward">
    /// False when no gradient is taken over these images. In the weight-sparse form batches must begin with a tile of
    /// <see cref="PixelTiles.TileImages"/> images.
    /// </param>
    /// <param name="numbers">What each image is called in random draws; empty counts from 0.</param>
    /// <exception cref="ArgumentException">
    /// Pixels are not N D, D is out of range, a chunk lies beyond the images, or a batch begins within a tile or has more than
    /// <see cref="ExactSums.MostBatch"/> images.
    /// </exception>
    public DeviceImages(
        ComputeDevice device, ReadOnlyMemory<byte> pixels, ReadOnlySpan<byte> labels, int inputs, ChunkSchedule schedule, KernelForm form,
        bool withBackward, ReadOnlySpan<int> numbers = default)
        : this(device, new HostImages(ImageTarget.Of(device), pixels, labels, inputs, schedule, form, withBackward, numbers))
    {
    }

    /// <param name="device">Where.</param>
    /// <param name="host">Made for devices of its kind; not needed any more afterwards.</param>
    /// <exception cref="ArgumentException">Made for another kind.</exception>
    public DeviceImages(ComputeDevice device, HostImages host)
    {
        if (host.Target != ImageTarget.Of(device))
            throw new ArgumentException($"images for {host.Target}; must be for {ImageTarget.Of(device)}", nameof(host));
        (Images, Classes, Inputs, HasBackward, Schedule) = (host.Images, host.Classes, host.Inputs, host.HasBackward, host.Schedule);
        (Form, SmallBatch, NonZeros) = (host.Form, host.SmallBatch, host.NonZeros);
        bool onGpu = host.Target.IsGpu;
        (PixelLists lists, PixelTiles? tiles) = (host.Lists, host.Tiles);
        _chunks = device.Upload(Schedule.Table());
        _imageStarts = device.Upload(lists.ImageStarts);
        _imageIndex = device.Upload(lists.ImageIndex);
        _imageValue = device.Upload(lists.ImageValue);
        _pixelStarts = device.Upload(lists.PixelStarts);
        _pixelIndex = device.Upload(lists.PixelIndex);
        _pixelValue = device.Upload(lists.PixelValue);
        _bytes = device.Upload(host.Bytes);
        _tileRows = device.Upload(tiles?.Rows ?? []);
        _tileBytes = device.Upload(onGpu && tiles is not null ? tiles.Values : []);
        _tiles = device.Upload(onGpu || tiles is null ? [] : Array.ConvertAll(tiles.Values, value => (double)value));
        _labels = device.Upload(host.Labels);
        _numbers = device.Upload(host.Numbers);
        if (host.Pairs is { } pairs)
            _pairs = new DevicePairs(device, pairs, Inputs);
        if (host.Digits is { } digits)
            Digits = new DigitImages(device, digits);
    }

    /// <summary>N.</summary>
    public int Images { get; }

    /// <summary>One more than the largest label.</summary>
    internal int Classes { get; }

    /// <summary>D.</summary>
    public int Inputs { get; }

    public int Chunks => Schedule.Chunks.Count;

    /// <summary>Bytes from one image to the next on a GPU: the pixels and the constant one, in whole loads of sixteen.</summary>
    internal static int Pitch(int inputs) => (inputs + 16) / 16 * 16;

    /// <summary>Whether gradients can be taken over these images.</summary>
    public bool HasBackward { get; }

    public KernelForm Form { get; }

    internal ChunkSchedule Schedule { get; }

    /// <summary>Batches of an epoch.</summary>
    public int Batches => Schedule.Chunks.Count(chunk => chunk.IsFirst);

    /// <summary>
    /// Most images of a batch that a GPU trains model by model, see <c>SmallBatchGpu</c>: larger ones have work for products of all
    /// columns.
    /// </summary>
    internal const int MostOfSmallBatch = 64;

    /// <summary>
    /// Images of a batch, where a GPU goes through an epoch of them model by model, for which it has the lists of pixels; else null.
    /// </summary>
    internal int? SmallBatch { get; }

    /// <summary>Likewise as training in bytes reads them; null where nothing is.</summary>
    internal DigitImages? Digits { get; }

    /// <summary>Non-zero pixels of the images; 0 for the dense form, which does not count them.</summary>
    public long NonZeros { get; }

    internal ImageViews Views => new()
    {
        Chunks = _chunks.View,
        Bytes = _bytes.View,
        TileRows = _tileRows.View,
        Tiles = _tiles.View,
        TileBytes = _tileBytes.View,
        ImageStarts = _imageStarts.View,
        ImageIndex = _imageIndex.View,
        ImageValue = _imageValue.View,
        PixelStarts = _pixelStarts.View,
        PixelIndex = _pixelIndex.View,
        PixelValue = _pixelValue.View,
        Labels = _labels.View,
        Numbers = _numbers.View,
        Pairs = _pairs?.Views ?? default,
        Images = Images,
    };

    public void Dispose()
    {
        Digits?.Dispose();
        foreach (IDisposable buffer in new IDisposable[]
        {
            _chunks, _bytes, _tileRows, _tiles, _tileBytes, _labels, _imageStarts, _imageIndex, _imageValue,
            _pixelStarts, _pixelIndex, _pixelValue, _numbers,
        })
        {
            buffer.Dispose();
        }
        _pairs?.Dispose();
    }
}
