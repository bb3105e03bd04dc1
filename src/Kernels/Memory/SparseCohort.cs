using GpuMlp.Kernels.Devices;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// The non-zero weights of all models of a cohort at several levels of pruning: compressed columns. Column c of level l has
/// its entries, pixel numbers ascending, from starts[l * columns + c] to the next start.
/// </summary>
/// <remarks>w2 and the biases stand beside it once a level, pruned w2 as zeros. Usable again and again.</remarks>
public sealed class SparseCohort : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly DeviceArray<int> _starts, _counts, _thresholds;
    private readonly DeviceArray<float> _b1, _w2, _b2;
    private readonly DeviceArray<int> _blocks, _slots;
    private DeviceArray<ushort> _index;
    private DeviceArray<float> _value;
    private int[] _starting = [];

    /// <param name="device">Where.</param>
    /// <param name="layout">Of the cohorts that will be compressed.</param>
    /// <param name="levels">1 or more.</param>
    /// <exception cref="ArgumentException">Pixel numbers do not fit 16 bits, or no level.</exception>
    public SparseCohort(ComputeDevice device, ColumnLayout layout, int levels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        if (layout.Inputs > ushort.MaxValue + 1)
            throw new ArgumentException($"{layout.Inputs} inputs; {ushort.MaxValue + 1} can be numbered in 16 bits", nameof(layout));
        _device = device;
        Layout = layout;
        Levels = levels;
        int columns = checked(levels * layout.PaddedColumns), slots = checked(levels * layout.Slots.Count);
        _starts = device.Zeroed<int>(columns + 1);
        _counts = device.Zeroed<int>(columns);
        _thresholds = device.Zeroed<int>(2 * slots);
        int outputs = layout.Outputs;
        _b1 = device.Zeroed<float>(columns);
        (_w2, _b2) = (device.Zeroed<float>(checked(outputs * columns)), device.Zeroed<float>(checked(outputs * slots)));
        _blocks = device.Upload(layout.BlockTable());
        _slots = device.Upload(layout.SlotTable());
        _index = device.Zeroed<ushort>(1);
        _value = device.Zeroed<float>(1);
    }

    public ColumnLayout Layout { get; }

    public int Levels { get; }

    /// <summary>Non-zero weights of W1, all models and levels.</summary>
    public int NonZeros => _starting.Length == 0 ? 0 : _starting[^1];

    /// <summary>Bytes on the device: entries of 6 bytes, and what stands once a column or model.</summary>
    public long Bytes => (6L * _value.Length)
        + (sizeof(int) * (_starts.Length + _counts.Length + _thresholds.Length + _b1.Length + _w2.Length + _b2.Length));

    /// <summary>Whether it can be evaluated: compressed, and not merely counted.</summary>
    internal bool HasEntries { get; private set; }

    internal SparseViews Views => new()
    {
        Starts = _starts.View,
        Counts = _counts.View,
        Thresholds = _thresholds.View,
        Index = _index.View,
        Value = _value.View,
        B1 = _b1.View,
        W2 = _w2.View,
        B2 = _b2.View,
        Levels = Levels,
    };

    /// <summary>Shape alone; parameters are in <see cref="Views"/>.</summary>
    internal CohortViews Shape => new() { Blocks = _blocks.View, Slots = _slots.View, Inputs = Layout.Inputs, Outputs = Layout.Outputs };

    /// <summary>What is left of each model, [level][model in the caller's order]; counted, not asked for.</summary>
    public WeightCounts[][] Count()
    {
        float[] w2 = _w2.ToArray();
        var counts = new WeightCounts[Levels][];
        for (int level = 0; level < Levels; level++)
        {
            counts[level] = new WeightCounts[Layout.Slots.Count];
            foreach (ModelSlot slot in Layout.Slots)
            {
                int first = (level * Layout.PaddedColumns) + slot.Column, withoutInput = 0;
                for (int column = first; column < first + slot.Hidden; column++)
                    withoutInput += _starting[column] == _starting[column + 1] ? 1 : 0;
                int nonZeroW2 = 0, withoutOutput = 0, padded = Layout.PaddedColumns;
                int firstW2 = (level * Layout.Outputs * padded) + slot.Column;
                for (int h = 0; h < slot.Hidden; h++)
                {
                    int own = 0;
                    for (int k = 0; k < Layout.Outputs; k++)
                        own += w2[firstW2 + (k * padded) + h] != 0f ? 1 : 0;
                    nonZeroW2 += own;
                    withoutOutput += own == 0 ? 1 : 0;
                }
                counts[level][slot.Model] = new WeightCounts(
                    _starting[first + slot.Hidden] - _starting[first], nonZeroW2, withoutInput, withoutOutput);
            }
        }
        return counts;
    }

    /// <summary>
    /// One value an entry as a matrix [D, H] of each model of the first level, 0 where there is no entry; in the caller's order.
    /// </summary>
    internal float[][] Scatter(ReadOnlySpan<float> entries)
    {
        ushort[] index = _device.Download<ushort>(_index.View);
        var matrices = new float[Layout.Slots.Count][];
        foreach (ModelSlot slot in Layout.Slots)
        {
            float[] matrix = matrices[slot.Model] = new float[Layout.Inputs * slot.Hidden];
            for (int h = 0; h < slot.Hidden; h++)
            {
                for (int q = _starting[slot.Column + h]; q < _starting[slot.Column + h + 1]; q++)
                    matrix[(index[q] * slot.Hidden) + h] = entries[q];
            }
        }
        return matrices;
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[] { _starts, _counts, _thresholds, _b1, _w2, _b2, _blocks, _slots, _index, _value })
            buffer.Dispose();
    }

    /// <summary>k of each level and slot, two ints each: ranks below the first go from W1, below the second from w2.</summary>
    /// <param name="thresholds">Null for a cohort that is compressed as it is.</param>
    internal void SetThresholds(int[]? thresholds) => _thresholds.CopyFrom(thresholds ?? new int[_thresholds.Length]);

    /// <summary>Turns the counts of all columns into starts and, when entries follow, makes room for them.</summary>
    /// <exception cref="ArgumentException">More than 2^31 entries.</exception>
    internal void Place(bool withEntries)
    {
        int[] counts = _device.Download<int>(_counts.View);
        var starts = new int[counts.Length + 1];
        long next = 0;
        for (int column = 0; column < counts.Length; column++)
        {
            next += counts[column];
            starts[column + 1] = next <= int.MaxValue
                ? (int)next
                : throw new ArgumentException("more than 2^31 - 1 weights in one compressed cohort; must be fewer levels or models");
        }
        _starting = starts;
        _device.Write(_starts.View, starts);
        HasEntries = withEntries;
        if (!withEntries || _value.Length >= next)
            return;
        _index.Dispose();
        _value.Dispose();
        _index = _device.Room<ushort>(next);
        _value = _device.Room<float>(next);
    }
}

/// <summary>Weights that one model has left.</summary>
/// <param name="W1">Non-zero weights of W1.</param>
/// <param name="W2">Non-zero weights of w2.</param>
/// <param name="UnitsWithoutInput">Hidden units whose input weights are all zero.</param>
/// <param name="UnitsWithoutOutput">Hidden units whose output weights are all zero.</param>
public readonly record struct WeightCounts(int W1, int W2, int UnitsWithoutInput, int UnitsWithoutOutput);
