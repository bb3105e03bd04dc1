using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// The rank of every weight of a cohort: how many weights of its layer (or model) go strictly before it. A level s prunes
/// the weights whose rank is below k = (int)(s * size), so one ranking serves all levels.
/// </summary>
public sealed class PruneRanks : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly DeviceArray<int> _w1, _w2, _counts;
    private readonly OriginBuffer _origin;

    /// <param name="device">Where.</param>
    /// <param name="layout">Of the cohorts that will be ranked.</param>
    /// <param name="origin">What a random choice, and the weights that a model began with, belong to.</param>
    /// <exception cref="ArgumentException">An origin of another number of models.</exception>
    public PruneRanks(ComputeDevice device, ColumnLayout layout, ModelOrigin origin)
    {
        _origin = new OriginBuffer(device, layout, origin);
        _device = device;
        Layout = layout;
        _w1 = device.Zeroed<int>(checked(layout.Inputs * layout.PaddedColumns));
        _w2 = device.Zeroed<int>(checked(layout.Outputs * layout.PaddedColumns));
        _counts = device.Zeroed<int>(2 * layout.Slots.Count);
    }

    public ColumnLayout Layout { get; }

    /// <summary>Of the last ranking; null before the first.</summary>
    public PruneMethod? Method { get; internal set; }

    internal PruneViews Views => new()
    {
        RanksW1 = _w1.View,
        RanksW2 = _w2.View,
        Counts = _counts.View,
        Origin = _origin.Views,
    };

    /// <summary>k of a level, as the published study computes it: the product in double, rounded down.</summary>
    /// <param name="sparsity">0..1.</param>
    /// <param name="size">Weights that are ranked together.</param>
    public static int Count(double sparsity, int size) => (int)(sparsity * size);

    /// <summary>k after some rounds, each of which takes its share of what the rounds before have left, rounded down.</summary>
    /// <param name="share">0..1, of a round.</param>
    /// <param name="size">Weights that are ranked together.</param>
    /// <param name="rounds">0 takes none, 1 is <see cref="Count(double, int)"/>.</param>
    public static int Count(double share, int size, int rounds)
    {
        int left = size;
        for (int round = 0; round < rounds; round++)
            left -= Count(share, left);
        return size - left;
    }

    /// <summary>How many weights of each model a level takes by the last ranking, in the caller's order.</summary>
    /// <param name="share">0..1, of a round.</param>
    /// <param name="rounds">As in <see cref="Count(double, int, int)"/>; 1 takes the share once.</param>
    /// <exception cref="ArgumentException">Nothing has been ranked yet.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A share outside 0..1.</exception>
    public PruneCounts[] Counts(double share, int rounds = 1)
    {
        Fit.CheckLevel(share);
        CheckRanked();
        var counts = new PruneCounts[Layout.Slots.Count];
        foreach (ModelSlot slot in Layout.Slots)
            counts[slot.Model] = Method!.CountsOf(Layout.Inputs * slot.Hidden, Layout.Outputs * slot.Hidden, share, rounds);
        return counts;
    }

    public void Dispose()
    {
        _w1.Dispose();
        _w2.Dispose();
        _counts.Dispose();
        _origin.Dispose();
    }

    /// <exception cref="ArgumentException">Nothing has been ranked yet.</exception>
    internal void CheckRanked()
    {
        if (Method is null)
            throw new ArgumentException("nothing has been ranked yet");
    }

    /// <summary>Sets k of each slot; the kernel compares integers and needs no double.</summary>
    internal void SetCounts(IReadOnlyList<PruneCounts> counts) => _device.Write<int>(_counts.View, Thresholds(counts));

    /// <summary>k of one level, two ints a slot: for W1 and for w2. Something must have been ranked.</summary>
    internal int[] Thresholds(double sparsity) => Thresholds(Counts(sparsity));

    private int[] Thresholds(IReadOnlyList<PruneCounts> counts)
    {
        var thresholds = new int[2 * Layout.Slots.Count];
        for (int slot = 0; slot < Layout.Slots.Count; slot++)
            (thresholds[2 * slot], thresholds[(2 * slot) + 1]) = counts[Layout.Slots[slot].Model];
        return thresholds;
    }
}

/// <summary>
/// How much of a model goes: the weights whose rank is below these, of W1 and of w2. Where both are ranked together the two are the same
/// number.
/// </summary>
public readonly record struct PruneCounts(int W1, int W2);
