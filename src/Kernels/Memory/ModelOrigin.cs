using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// What the random numbers of a cohort's models belong to: initial weights, and whatever else is drawn for each weight. The same
/// origin gives a model the same numbers alone and among others, today and for a model that has been saved.
/// </summary>
/// <param name="Identities">One a model, in the caller's order.</param>
/// <param name="Seed">The run's.</param>
/// <param name="InitStd">Standard deviation of the initial weights.</param>
public sealed record ModelOrigin(IReadOnlyList<ulong> Identities, uint Seed, float InitStd);

/// <summary>An origin on a device, in the order of a layout's slots.</summary>
internal sealed class OriginBuffer : IDisposable
{
    private static readonly int[] s_quantiles = GaussianTable.Create();

    private readonly DeviceArray<uint> _identities;
    private readonly DeviceArray<int> _quantiles;
    private readonly ModelOrigin _origin;

    /// <exception cref="ArgumentException">Identities do not fit the models.</exception>
    public OriginBuffer(ComputeDevice device, ColumnLayout layout, ModelOrigin origin)
    {
        if (origin.Identities.Count != layout.Slots.Count)
            throw new ArgumentException($"{origin.Identities.Count} identities for {layout.Slots.Count} models", nameof(origin));

        _origin = origin;
        _quantiles = device.Upload(s_quantiles);
        _identities = device.Upload(
            layout.Slots.Select(slot => origin.Identities[slot.Model])
                .SelectMany(identity => new[] { (uint)(identity >> 32), (uint)identity })
                .ToArray());
    }

    public OriginViews Views => new()
    {
        Identities = _identities.View,
        Quantiles = _quantiles.View,
        Seed = _origin.Seed,
        InitStd = _origin.InitStd,
    };

    public void Dispose()
    {
        _identities.Dispose();
        _quantiles.Dispose();
    }
}
