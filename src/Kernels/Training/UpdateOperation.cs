using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training.Optimisers;

namespace GpuMlp.Kernels.Training;

/// <summary>The update of all parameters from the gradients in scratch, on its own; training fuses it.</summary>
public sealed class UpdateOperation : Operation<UpdateJob>
{
    public static UpdateOperation Instance { get; } = new();

    public override string Name => "Update";

    internal override ComputeDevice? DeviceOf(UpdateJob job) => job.Cohort.Device;

    internal override void Check(UpdateJob job) => Optimiser.Check(job.Cohort);

    internal override void OnCpu(DeviceKernels kernels, UpdateJob job)
    {
        job.Cohort.BeginSteps(1);
        foreach (OptimiserRange range in job.Cohort.Layout.Ranges)
            Optimiser.All[range.Optimiser].Update(kernels, job.Cohort, range);
    }

    internal override void OnGpu(GpuDevice device, UpdateJob job)
    {
        job.Cohort.BeginSteps(1);
        CohortViews views = job.Cohort.Cohort;
        GpuWeights weights = GpuQuantise.Now(device, views);
        foreach (OptimiserRange range in job.Cohort.Layout.Ranges)
            Optimiser.All[range.Optimiser].Update(device, job.Cohort, weights.Failed, range);
        GpuQuantise.Mask(device, views);
    }
}

/// <summary>What it is given: gradients are those in the cohort's scratch.</summary>
public readonly record struct UpdateJob(DeviceCohort Cohort);

/// <summary>How it is called.</summary>
public static class UpdateKernels
{
    /// <summary>All parameters from their gradients.</summary>
    public static void Update(this DeviceKernels kernels, DeviceCohort cohort)
        => kernels.Run(UpdateOperation.Instance, new UpdateJob(cohort));
}

/// <summary>A block of columns an item.</summary>
internal struct UpdateCpu<TOptimiser> : ICpuJob
    where TOptimiser : struct, IOptimiser
{
    public CohortViews Cohort;

    public ScratchViews Scratch;

    public OptimiserRange Range;

    public readonly int Items => Range.Blocks;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, Range.FirstBlock + item);
        var work = new BlockWork(block, 0, withBackward: false);
        QuantiseBody.Exponents<T>(block, work);
        UpdateBody<TOptimiser>.Open(block, step: 0);
        UpdateBody<TOptimiser>.Weights<T>(block, work);
        UpdateBody<TOptimiser>.Rest<T>(block, work);
        MaskBody.Weights<T>(block);
    }
}
