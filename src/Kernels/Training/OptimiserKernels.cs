using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Training.Losses;
using GpuMlp.Kernels.Training.Optimisers;

namespace GpuMlp.Kernels.Training;

/// <summary>An optimiser as operations meet it: the kernels that take steps, closed over its type.</summary>
internal abstract class OptimiserKernels
{
    /// <summary>A line for each optimiser there is.</summary>
    public static IReadOnlyList<OptimiserKernels> All { get; } = [new OptimiserKernels<GradientDescent>()];

    /// <summary>The one that trains.</summary>
    public static OptimiserKernels Standard => All[0];

    /// <summary>The type behind it.</summary>
    public abstract Type Optimiser { get; }

    /// <summary>A whole epoch on a CPU.</summary>
    public abstract void Epoch(DeviceKernels kernels, TrainEpochJob job);

    /// <summary>Likewise on a GPU.</summary>
    public abstract void Epoch(GpuDevice device, TrainEpochJob job);

    /// <summary>The update alone on a CPU, from the gradients in scratch.</summary>
    public abstract void Update(DeviceKernels kernels, DeviceCohort cohort);

    /// <summary>Likewise on a GPU.</summary>
    public abstract void Update(GpuDevice device, DeviceCohort cohort);
}

/// <inheritdoc/>
internal sealed class OptimiserKernels<TOptimiser> : OptimiserKernels
    where TOptimiser : struct, IOptimiser
{
    public override Type Optimiser => typeof(TOptimiser);

    public override void Epoch(DeviceKernels kernels, TrainEpochJob job) => kernels.Launch(
        new TrainEpochCpu<LogisticLoss, TOptimiser>
        {
            Cohort = job.Cohort.Cohort,
            Scratch = job.Cohort.Scratch,
            Images = job.Images.Views
        });

    public override void Epoch(GpuDevice device, TrainEpochJob job)
    {
        var epoch = new GpuEpoch<LogisticLoss, TOptimiser>(device, job.Cohort);
        if (job.Images.SmallBatch is { } rows)
            epoch.Run(job.Images, rows);
        else if (job.Images.Digits is { } digits && DigitProducts.Fits(job.Cohort.Cohort, digits))
            epoch.Run(job.Images, digits);
        else
            epoch.Run(job.Images);
    }

    public override void Update(DeviceKernels kernels, DeviceCohort cohort) =>
        kernels.Launch(new UpdateCpu<TOptimiser> { Cohort = cohort.Cohort, Scratch = cohort.Scratch });

    public override void Update(GpuDevice device, DeviceCohort cohort)
    {
        CohortViews views = cohort.Cohort;
        var update = new UpdateGpu<TOptimiser>
        {
            Cohort = views,
            Gradients = GpuGradients.Of(cohort.Scratch),
            Failed = GpuQuantise.Now(device, views).Failed
        };
        device.Launch(UpdateGpu<TOptimiser>.Kernel, UpdateGpu<TOptimiser>.Threads, update.Groups, update);
        GpuQuantise.Mask(device, views);
    }
}
