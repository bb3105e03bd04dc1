using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>Parameters of some models from one cohort to another of the same layout; those of the others stay.</summary>
public sealed class CopyModelsOperation : Operation<CopyModelsJob>
{
    public static CopyModelsOperation Instance { get; } = new();

    public override string Name => "CopyModels";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(CopyModelsJob job) => job.From.Device;

    internal override void Check(CopyModelsJob job)
    {
        Fit.CheckSame(job.From.Layout, job.To.Layout, nameof(job.To));
        if (job.Models.Count != job.From.Layout.Slots.Count)
        {
            throw new ArgumentException(
                $"{job.Models.Count} flags for {job.From.Layout.Slots.Count} models", nameof(job));
        }
    }

    internal override void OnCpu(DeviceKernels kernels, CopyModelsJob job)
    {
        using DeviceArray<int> flags = Flags(kernels.Device, job);
        kernels.Launch(new CopyModelsGpu { From = job.From.Cohort, To = job.To.Cohort, Flags = flags.View });
    }

    internal override void OnGpu(GpuDevice device, CopyModelsJob job)
    {
        using DeviceArray<int> flags = Flags(device, job);
        var copy = new CopyModelsGpu { From = job.From.Cohort, To = job.To.Cohort, Flags = flags.View };
        device.Launch(CopyModelsGpu.Kernel, CopyModelsGpu.Threads, copy.Items, copy);

        // The flags go with this call.
        device.Stream.Synchronize();
    }

    private static DeviceArray<int> Flags(ComputeDevice device, CopyModelsJob job) =>
        device.Upload([.. job.From.Layout.Slots.Select(slot => job.Models[slot.Model] ? 1 : 0)]);
}

/// <summary>What it is given.</summary>
/// <param name="Models">Which ones, a flag a model in the caller's order.</param>
public readonly record struct CopyModelsJob(DeviceCohort From, DeviceCohort To, IReadOnlyList<bool> Models);

/// <summary>How it is called.</summary>
public static class CopyModelsKernels
{
    /// <summary>Gives some models of a cohort the parameters that they have in another one.</summary>
    /// <param name="models">Which ones, a flag a model in the caller's order.</param>
    /// <exception cref="ArgumentException">Another layout, or not a flag a model.</exception>
    public static void CopyModels(this DeviceKernels kernels, DeviceCohort from, DeviceCohort to, IReadOnlyList<bool> models) =>
        kernels.Run(CopyModelsOperation.Instance, new CopyModelsJob(from, to, models));
}

/// <summary>A model an item or a group. One text serves all devices.</summary>
public struct CopyModelsGpu : ICpuJob
{
    public const int Threads = 128;

    public CohortViews From, To;

    /// <summary>1 a slot that is copied.</summary>
    public ArrayView<int> Flags;

    public readonly int Items => From.SlotCount;

    /// <summary>The ILGPU kernel; a group a model.</summary>
    public static void Kernel(CopyModelsGpu job) => job.Copy(Grid.IdxX, Group.IdxX, Threads);

    readonly void ICpuJob.Run<T>(int item) => Copy(item, 0, 1);

    // Every step-th element of a model's parameters, from a first one on.
    private readonly void Copy(int index, int thread, int step)
    {
        if (Flags[index] == 0)
            return;
        var slot = new GpuSlot(From, index);
        for (int item = thread; item < From.Inputs * slot.Hidden; item += step)
        {
            int row = item / slot.Hidden, place = slot.Row(From.Inputs, row) + item - (row * slot.Hidden);
            To.W1[place] = From.W1[place];
        }
        for (int unit = thread; unit < slot.Hidden; unit += step)
            To.B1[slot.Column + unit] = From.B1[slot.Column + unit];
        for (int item = thread; item < From.Outputs * slot.Hidden; item += step)
        {
            int k = item / slot.Hidden, place = (k * From.B1.IntLength) + slot.Column + item - (k * slot.Hidden);
            To.W2[place] = From.W2[place];
        }
        for (int k = thread; k < From.Outputs; k += step)
            To.B2[(index * From.Outputs) + k] = From.B2[(index * From.Outputs) + k];
    }
}
