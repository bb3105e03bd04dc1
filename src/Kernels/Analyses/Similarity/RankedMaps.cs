using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>
/// Maps that are ready to be compared with others, one a model and image, and what the comparison of each with another map came to.
/// </summary>
public sealed class RankedMaps : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly ColumnLayout _layout;
    private readonly DeviceArray<int> _words;
    private readonly DeviceArray<MapFacts> _facts;
    private readonly DeviceArray<MapComparison> _pairs;
    private readonly MapShape _shape;

    /// <param name="device">Where.</param>
    /// <param name="layout">Of the cohorts whose maps are compared.</param>
    /// <param name="images">N.</param>
    /// <param name="rows">Of an image.</param>
    /// <param name="columns">Rows x columns are the layout's inputs.</param>
    public RankedMaps(ComputeDevice device, ColumnLayout layout, int images, int rows, int columns)
    {
        if (layout.Inputs != rows * columns)
            throw new ArgumentException($"{rows} x {columns} pixels of {layout.Inputs} inputs", nameof(rows));
        (_device, _layout, Images) = (device, layout, images);
        _shape = MapShape.Of(device, rows, columns);
        long maps = (long)layout.Slots.Count * images;
        _words = device.Zeroed<int>(maps * _shape.Ints);
        _facts = device.Zeroed<MapFacts>(maps);
        _pairs = device.Zeroed<MapComparison>(maps);
    }

    /// <summary>N.</summary>
    public int Images { get; }

    /// <summary>Bytes on the device that a map takes, its float32 values included.</summary>
    public static long BytesOf(ComputeDevice device, int rows, int columns) =>
        (sizeof(int) * ((long)MapShape.Of(device, rows, columns).Ints + (rows * columns))) + Interop.SizeOf<MapFacts>()
        + Interop.SizeOf<MapComparison>();

    /// <summary>Waits for the device; how alike the maps of each model, in the caller's order, and each image were found to be.</summary>
    public MapSimilarity[][] Download()
    {
        MapComparison[] pairs = _device.Download<MapComparison>(_pairs.View);
        var models = new MapSimilarity[_layout.Slots.Count][];
        for (int s = 0; s < models.Length; s++)
        {
            models[_layout.Slots[s].Model] =
                [.. pairs.AsSpan(s * Images, Images).ToArray().Select(pair => MapSimilarity.Of(pair, _shape.Windows))];
        }
        return models;
    }

    public void Dispose()
    {
        _words.Dispose();
        _facts.Dispose();
        _pairs.Dispose();
    }

    internal ColumnLayout Layout => _layout;

    internal int Maps => _layout.Slots.Count * Images;

    internal RankedViews Views => new() { Words = _words.View, Facts = _facts.View, Pairs = _pairs.View, Shape = _shape };

    internal MapComparison[] DownloadPairs() => _device.Download<MapComparison>(_pairs.View);
}

/// <summary>How ranked maps lie.</summary>
internal struct MapShape
{
    public int Rows, Columns;

    /// <summary>Rows and columns of a window.</summary>
    public int Height, Width;

    /// <summary>From row to row of whatever lies row by row: whole vectors.</summary>
    public int Pitch;

    /// <summary>Ranks of a map: for each pixel twice the deviation of its rank, plus 1 if it is in the top; whole vectors.</summary>
    public int Ranks;

    /// <summary>Of a map: the ranks, its levels [Rows, Pitch], and on a CPU S and P of its windows [Rows, Pitch].</summary>
    public int Ints;

    public readonly int Inputs => Rows * Columns;

    public readonly int Down => Rows - Height + 1;

    public readonly int Across => Columns - Width + 1;

    public readonly int Windows => Down * Across;

    public static MapShape Of(ComputeDevice device, int rows, int columns)
    {
        static int Whole(int count) => (count + LaneMask.Lanes - 1) / LaneMask.Lanes * LaneMask.Lanes;
        int pitch = Whole(columns), ranks = Whole(rows * columns);
        return new MapShape
        {
            Rows = rows,
            Columns = columns,
            Height = Math.Min(SimilarityMath.Window, rows),
            Width = Math.Min(SimilarityMath.Window, columns),
            Pitch = pitch,
            Ranks = ranks,
            Ints = checked(ranks + ((device.Kind == AcceleratorType.CPU ? 3 : 1) * rows * pitch)),
        };
    }
}

/// <summary>Ranked maps as kernels take them.</summary>
internal struct RankedViews
{
    /// <summary>[slot, N, <see cref="MapShape.Ints"/>].</summary>
    public ArrayView<int> Words;

    /// <summary>[slot, N].</summary>
    public ArrayView<MapFacts> Facts;

    /// <summary>[slot, N].</summary>
    public ArrayView<MapComparison> Pairs;

    public MapShape Shape;
}
