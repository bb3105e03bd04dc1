using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Training.Losses;
using GpuMlp.Kernels.Training.Optimisers;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// A way to take steps: its name for people, the settings that it has, and its kernels. One object each, in <see cref="All"/>.
/// </summary>
public abstract class Optimiser
{
    /// <summary>Plain gradient descent.</summary>
    public static Optimiser Sgd { get; } = new Optimiser<GradientDescent>();

    /// <summary>Every optimiser.</summary>
    public static IReadOnlyList<Optimiser> All { get; } = [Sgd];

    /// <summary>In flags, files and tables: <c>sgd</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it has a momentum.</summary>
    public abstract bool UsesMomentum { get; }

    /// <summary>Whether it has the decay rates of two moments, beta1 and beta2.</summary>
    public abstract bool UsesBetas { get; }

    /// <summary>The one that trains.</summary>
    internal static Optimiser Standard => All[0];

    /// <summary>The type behind it.</summary>
    internal abstract Type Formula { get; }

    public override string ToString() => Name;

    /// <summary>A whole epoch on a CPU.</summary>
    internal abstract void Epoch(DeviceKernels kernels, TrainEpochJob job);

    /// <summary>Likewise on a GPU.</summary>
    internal abstract void Epoch(GpuDevice device, TrainEpochJob job);

    /// <summary>The update alone on a CPU, from the gradients in scratch.</summary>
    internal abstract void Update(DeviceKernels kernels, DeviceCohort cohort);

    /// <summary>Likewise on a GPU.</summary>
    internal abstract void Update(GpuDevice device, DeviceCohort cohort);
}

/// <summary>An optimiser with the kernels that are closed over its type.</summary>
internal sealed class Optimiser<TOptimiser> : Optimiser
    where TOptimiser : struct, IOptimiser
{
    public override string Name => TOptimiser.Name;

    public override bool UsesMomentum => TOptimiser.UsesMomentum;

    public override bool UsesBetas => TOptimiser.UsesBetas;

    internal override Type Formula => typeof(TOptimiser);

    internal override void Epoch(DeviceKernels kernels, TrainEpochJob job) => kernels.Launch(
        new TrainEpochCpu<LogisticLoss, TOptimiser>
        {
            Cohort = job.Cohort.Cohort,
            Scratch = job.Cohort.Scratch,
            Images = job.Images.Views,
            Epoch = job.Epoch,
        });

    internal override void Epoch(GpuDevice device, TrainEpochJob job)
    {
        var epoch = new GpuEpoch<LogisticLoss, TOptimiser>(device, job.Cohort, job.Epoch);
        if (job.Cohort.Outputs > 1)
            epoch.Run(job.Images);
        else if (job.Images.SmallBatch is { } rows)
            epoch.Run(job.Images, rows);
        else if (!job.Cohort.Drops && job.Images.Digits is { } digits && DigitProducts.Fits(job.Cohort.Cohort, digits))
            epoch.Run(job.Images, digits);
        else
            epoch.Run(job.Images);
    }

    internal override void Update(DeviceKernels kernels, DeviceCohort cohort) =>
        kernels.Launch(new UpdateCpu<TOptimiser> { Cohort = cohort.Cohort, Scratch = cohort.Scratch });

    internal override void Update(GpuDevice device, DeviceCohort cohort)
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
