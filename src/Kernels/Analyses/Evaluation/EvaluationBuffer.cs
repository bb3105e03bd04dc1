using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Evaluation;

/// <summary>Room on a device for what an evaluation gives, so that it can be repeated without allocating and without waiting.</summary>
public sealed class EvaluationBuffer : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly ColumnLayout _layout;
    private readonly int _levels;
    private readonly DeviceArray<float> _logits;
    private readonly DeviceArray<int> _active;

    /// <param name="device">Where.</param>
    /// <param name="layout">Of the cohorts that will be evaluated.</param>
    /// <param name="images">N.</param>
    /// <param name="levels">Of the compressed cohorts that will be evaluated; 1 for others.</param>
    public EvaluationBuffer(ComputeDevice device, ColumnLayout layout, int images, int levels = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(levels, 1);
        _device = device;
        _layout = layout;
        _levels = levels;
        Images = images;
        _logits = device.Room<float>((long)levels * layout.Slots.Count * layout.Outputs * images);
        _active = device.Room<int>((long)levels * layout.PaddedColumns);
    }

    /// <summary>N.</summary>
    public int Images { get; }

    /// <summary>Waits for the device; models in the caller's order, of the first level.</summary>
    public ModelEvaluation[] Download() => DownloadLevels()[0];

    /// <summary>Waits for the device; [level][model in the caller's order].</summary>
    public ModelEvaluation[][] DownloadLevels()
    {
        float[] values = _device.Download<float>(_logits.View);
        int[] flags = _device.Download<int>(_active.View);
        var evaluations = new ModelEvaluation[_levels][];
        for (int level = 0; level < _levels; level++)
        {
            int firstSlot = level * _layout.Slots.Count, firstColumn = level * _layout.PaddedColumns;
            evaluations[level] = new ModelEvaluation[_layout.Slots.Count];
            for (int s = 0; s < _layout.Slots.Count; s++)
            {
                ModelSlot slot = _layout.Slots[s];
                evaluations[level][slot.Model] = new ModelEvaluation(
                    ByImage(values, firstSlot + s), flags.AsSpan(firstColumn + slot.Column, slot.Hidden).ToArray());
            }
        }
        return evaluations;
    }

    // From [O, N] to [N, O].
    private ReadOnlyMemory<float> ByImage(float[] values, int slot)
    {
        int outputs = _layout.Outputs, count = checked(outputs * Images);
        Memory<float> own = values.AsMemory(checked(slot * count), count);
        if (outputs == 1)
            return own;
        var turned = new float[count];
        for (int k = 0; k < outputs; k++)
        {
            ReadOnlySpan<float> row = own.Span.Slice(k * Images, Images);
            for (int n = 0; n < Images; n++)
                turned[(n * outputs) + k] = row[n];
        }
        return turned;
    }

    public void Dispose()
    {
        _logits.Dispose();
        _active.Dispose();
    }

    /// <summary>[level, slot, O, N].</summary>
    internal ArrayView<float> Logits => _logits.View;

    internal ArrayView<int> Active => _active.View;

    /// <exception cref="ArgumentException">Made for another layout or number of images: kernels would write beyond it.</exception>
    internal void Check(ColumnLayout layout, int images, int levels = 1)
    {
        if (images != Images || levels != _levels || !layout.IsSameAs(_layout))
        {
            throw new ArgumentException(
                $"a buffer of another layout, or for {Images} images x {_levels} and not {images} x {levels}",
                nameof(layout));
        }
    }
}

/// <summary>
/// One model on one set of images: logits row-major [N, O], of which O = 1 is one an image; and 1 for each hidden unit above 0 on some
/// image.
/// </summary>
public sealed record ModelEvaluation(ReadOnlyMemory<float> Logits, int[] Active);
