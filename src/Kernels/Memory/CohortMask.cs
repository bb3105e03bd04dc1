using GpuMlp.Kernels.Devices;
using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>The memory of a cohort's mask: 1 for a weight that is kept, 0 for one that stays 0. Lies as W1 and w2 do.</summary>
internal sealed class CohortMask : IDisposable
{
    private readonly DeviceArray<float> _w1, _w2;
    private readonly ColumnLayout _layout;

    /// <param name="isUsed">False takes no memory to speak of: a GPU kernel wants valid views of what it does not use.</param>
    public CohortMask(ComputeDevice device, ColumnLayout layout, bool isUsed)
    {
        _layout = layout;
        IsUsed = isUsed;
        _w1 = device.Room<float>(isUsed ? (long)layout.Inputs * layout.PaddedColumns : 1);
        _w2 = device.Room<float>(isUsed ? (long)layout.Outputs * layout.PaddedColumns : 1);
        foreach (DeviceArray<float> mask in new[] { _w1, _w2 })
        {
            var keepAll = new float[mask.Length];
            Array.Fill(keepAll, 1f);
            mask.CopyFrom(keepAll);
        }
    }

    public bool IsUsed { get; }

    public ArrayView<float> W1 => _w1.View;

    public ArrayView<float> W2 => _w2.View;

    /// <summary>Masks of all models, in the caller's order.</summary>
    /// <exception cref="InvalidOperationException">The cohort was made without a mask.</exception>
    /// <exception cref="ArgumentException">A mask of the wrong shape.</exception>
    public void Set(IReadOnlyList<ModelMask> masks)
    {
        if (!IsUsed)
            throw new InvalidOperationException("the cohort was made without a mask");
        if (masks.Count != _layout.Slots.Count)
            throw new ArgumentException($"masks of {masks.Count} models for {_layout.Slots.Count}", nameof(masks));
        float[] w1 = new float[_w1.Length], w2 = new float[_w2.Length];
        int inputs = _layout.Inputs, outputs = _layout.Outputs;
        foreach (ModelSlot slot in _layout.Slots)
        {
            ModelMask mask = masks[slot.Model];
            if (mask.W1.Length != inputs * slot.Hidden || mask.W2.Length != outputs * slot.Hidden)
            {
                throw new ArgumentException(
                    $"the mask of model {slot.Model} has {mask.W1.Length} and {mask.W2.Length} places; "
                        + $"must be {inputs} x {slot.Hidden} and {outputs} x {slot.Hidden}", nameof(masks));
            }
            for (int d = 0; d < inputs; d++)
            {
                for (int h = 0; h < slot.Hidden; h++)
                    w1[_layout.Weight(slot, d) + h] = mask.W1[(d * slot.Hidden) + h] ? 1f : 0f;
            }
            for (int k = 0; k < outputs; k++)
            {
                for (int h = 0; h < slot.Hidden; h++)
                    w2[_layout.OutputWeight(slot, k) + h] = mask.W2[(k * slot.Hidden) + h] ? 1f : 0f;
            }
        }
        _w1.CopyFrom(w1);
        _w2.CopyFrom(w2);
    }

    /// <summary>Masks of all models, in the caller's order.</summary>
    /// <exception cref="InvalidOperationException">The cohort was made without a mask.</exception>
    public ModelMask[] Get()
    {
        if (!IsUsed)
            throw new InvalidOperationException("the cohort was made without a mask");
        float[] w1 = _w1.ToArray(), w2 = _w2.ToArray();
        var masks = new ModelMask[_layout.Slots.Count];
        foreach (ModelSlot slot in _layout.Slots)
        {
            var mask = new ModelMask(new bool[_layout.Inputs * slot.Hidden], new bool[_layout.Outputs * slot.Hidden]);
            for (int d = 0; d < _layout.Inputs; d++)
            {
                for (int h = 0; h < slot.Hidden; h++)
                    mask.W1[(d * slot.Hidden) + h] = w1[_layout.Weight(slot, d) + h] != 0;
            }
            for (int k = 0; k < _layout.Outputs; k++)
            {
                for (int h = 0; h < slot.Hidden; h++)
                    mask.W2[(k * slot.Hidden) + h] = w2[_layout.OutputWeight(slot, k) + h] != 0;
            }
            masks[slot.Model] = mask;
        }
        return masks;
    }

    public void Dispose()
    {
        _w1.Dispose();
        _w2.Dispose();
    }
}
