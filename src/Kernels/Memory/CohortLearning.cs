using GpuMlp.Kernels.Devices;

namespace GpuMlp.Kernels.Memory;

/// <summary>How the models of a cohort learn, on its device; see <see cref="ModelLearning"/>.</summary>
internal sealed class CohortLearning : IDisposable
{
    private readonly ColumnLayout _layout;
    private readonly int _classes;
    private readonly DeviceArray<float> _columnFactors, _slotFactors, _classScales, _dropoutScales;
    private readonly DeviceArray<uint> _thresholds, _identities;
    private uint _seed;

    /// <param name="classes">K, at least 2.</param>
    public CohortLearning(ComputeDevice device, ColumnLayout layout, int classes)
    {
        (_layout, _classes) = (layout, classes);
        int slots = layout.Slots.Count;
        _columnFactors = device.Room<float>(layout.PaddedColumns);
        (_slotFactors, _classScales, _dropoutScales)
            = (device.Room<float>(slots), device.Room<float>(slots * classes), device.Room<float>(slots));
        (_thresholds, _identities) = (device.Room<uint>(slots), device.Room<uint>(2 * slots));
        Set([.. layout.Slots.Select(_ => ModelLearning.Usual)], origin: null);
    }

    /// <summary>Whether any model drops units.</summary>
    public bool Drops { get; private set; }

    public LearningViews Views => new()
    {
        ColumnFactors = _columnFactors.View,
        SlotFactors = _slotFactors.View,
        ClassScales = _classScales.View,
        Classes = _classes,
        DropoutScales = _dropoutScales.View,
        Thresholds = _thresholds.View,
        Identities = _identities.View,
        Seed = _seed,
        Drops = Drops ? 1 : 0,
    };

    /// <param name="models">In the caller's order.</param>
    /// <param name="origin">What draws belong to; null where no model drops units.</param>
    /// <exception cref="ArgumentException">
    /// Settings out of range or not one a model, or an origin that is missing or does not fit.
    /// </exception>
    public void Set(IReadOnlyList<ModelLearning> models, ModelOrigin? origin)
    {
        int slots = _layout.Slots.Count;
        if (models.Count != slots)
            throw new ArgumentException($"settings of {models.Count} models for {slots}", nameof(models));
        foreach (ModelLearning model in models)
            model.Check(_classes);
        bool drops = models.Any(model => model.Dropout > 0);
        if (drops && origin?.Identities.Count != slots)
            throw new ArgumentException($"{origin?.Identities.Count ?? 0} identities for {slots} models", nameof(origin));
        float[] columns = new float[_columnFactors.Length], factors = new float[slots], scales = new float[slots];
        var classes = new float[slots * _classes];
        uint[] thresholds = new uint[slots], identities = new uint[2 * slots];
        for (int s = 0; s < slots; s++)
        {
            ModelSlot slot = _layout.Slots[s];
            ModelLearning model = models[slot.Model];
            factors[s] = model.ClassFactor;
            scales[s] = model.DropoutScale;
            thresholds[s] = model.DropoutThreshold;
            columns.AsSpan(slot.Column, slot.Hidden).Fill(scales[s] * factors[s]);
            for (int label = 0; label < _classes; label++)
                classes[(s * _classes) + label] = model.ClassScale(label);
            if (origin is not null)
            {
                (identities[2 * s], identities[(2 * s) + 1]) =
                    ((uint)(origin.Identities[slot.Model] >> 32), (uint)origin.Identities[slot.Model]);
            }
        }

        _columnFactors.CopyFrom(columns);
        _slotFactors.CopyFrom(factors);
        _classScales.CopyFrom(classes);
        _dropoutScales.CopyFrom(scales);
        _thresholds.CopyFrom(thresholds);
        _identities.CopyFrom(identities);
        (_seed, Drops) = (origin?.Seed ?? 0, drops);
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[]
            { _columnFactors, _slotFactors, _classScales, _dropoutScales, _thresholds, _identities })
        {
            buffer.Dispose();
        }
    }
}
