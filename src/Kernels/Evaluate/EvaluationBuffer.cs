using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Layout;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Evaluate;

/// <summary>Room on a device for what an evaluation gives, so that it can be repeated without allocating and without waiting.</summary>
public sealed class EvaluationBuffer : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly ColumnLayout _layout;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _logits;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _active;

    /// <param name="device">Where.</param>
    /// <param name="layout">Of the cohorts that will be evaluated.</param>
    /// <param name="images">N.</param>
    public EvaluationBuffer(ComputeDevice device, ColumnLayout layout, int images)
    {
        _device = device;
        _layout = layout;
        Images = images;
        _logits = device.Accelerator.Allocate1D<float>((long)layout.Slots.Count * images);
        _active = device.Accelerator.Allocate1D<int>(layout.PaddedColumns);
    }

    /// <summary>N.</summary>
    public int Images { get; }

    /// <summary>Waits for the device; models in the caller's order.</summary>
    public ModelEvaluation[] Download()
    {
        float[] values = _device.Download<float>(_logits.View);
        int[] flags = _device.Download<int>(_active.View);
        var evaluations = new ModelEvaluation[_layout.Slots.Count];
        for (int s = 0; s < evaluations.Length; s++)
        {
            ModelSlot slot = _layout.Slots[s];
            evaluations[slot.Model] = new ModelEvaluation(
                values.AsMemory(checked(s * Images), Images), flags.AsSpan(slot.Column, slot.Hidden).ToArray());
        }
        return evaluations;
    }

    public void Dispose()
    {
        _logits.Dispose();
        _active.Dispose();
    }

    /// <exception cref="ArgumentException">Made for another layout or number of images: kernels would write beyond it.</exception>
    internal OutputViews ViewsFor(ColumnLayout layout, int images) => images == Images && layout.IsSameAs(_layout)
        ? new OutputViews { Values = _logits.View, Active = _active.View }
        : throw new ArgumentException($"a buffer of another layout, or for {Images} images and not {images}", nameof(layout));
}
