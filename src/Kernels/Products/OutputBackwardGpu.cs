using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>gate q in place of Z: q of the image where Z is above 0, else 0. A group owns a model, a thread an element at a time.</summary>
public struct OutputBackwardGpu
{
    public const int Threads = 256;

    public CohortViews Cohort;

    public GpuActivations Activations;

    /// <summary>[slot, ValueStride]: q.</summary>
    public ArrayView<float> Deltas;

    public int ValueStride;

    /// <summary>Images of the run.</summary>
    public int Rows;

    /// <summary>The ILGPU kernel; a group a slot.</summary>
    public static void Kernel(OutputBackwardGpu job)
    {
        var slot = new GpuSlot(job.Cohort, Grid.IdxX);
        for (int item = Group.IdxX; item < job.Rows * slot.Hidden; item += Threads)
        {
            int row = item / slot.Hidden;
            Gate(job.Activations, slot, row, item % slot.Hidden, job.Deltas[(Grid.IdxX * job.ValueStride) + row]);
        }
    }

    /// <summary>One element of a model.</summary>
    internal static void Gate(GpuActivations activations, GpuSlot slot, int row, int unit, float delta)
    {
        int place = slot.Row(activations.Capacity, row) + unit;
        activations.Values[place] = activations.Values[place] > 0f ? delta : 0f;
    }
}
