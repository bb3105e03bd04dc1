using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training.Losses;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// A way to take steps: its name for people, the settings that it has, and its kernels. One object each, in <see cref="All"/>.
/// </summary>
public abstract class Optimiser
{
    /// <summary>Plain gradient descent.</summary>
    public static Optimiser Sgd { get; } = new Optimiser<GradientDescent>();

    /// <summary>Every optimiser, each in the place of its number.</summary>
    public static IReadOnlyList<Optimiser> All { get; } =
    [
        Sgd, new Optimiser<Momentum>(), new Optimiser<Nesterov>(), new Optimiser<Adam>(), new Optimiser<AdamW>(),
    ];

    /// <summary>In flags, files and tables: <c>sgd</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it has a momentum.</summary>
    public abstract bool UsesMomentum { get; }

    /// <summary>Whether it has the decay rates of two moments, beta1 and beta2.</summary>
    public abstract bool UsesBetas { get; }

    /// <summary>Numbers that it remembers of each parameter.</summary>
    public abstract int States { get; }

    /// <summary>The type behind it.</summary>
    internal abstract Type Formula { get; }

    public override string ToString() => Name;

    /// <summary>What kernels are told of a model; settings that the optimiser does not have are left out.</summary>
    /// <param name="momentum">0 up to 1.</param>
    /// <param name="beta1">0 up to 1.</param>
    /// <param name="beta2">0 up to 1.</param>
    public StepSettings Settings(double momentum = 0, double beta1 = 0, double beta2 = 0)
    {
        int number = All.ToList().IndexOf(this);
        return UsesMomentum ? new StepSettings(number, States, momentum, 1, 0, 0)
            : UsesBetas ? new StepSettings(number, States, beta1, 1 - beta1, beta2, 1 - beta2)
            : new StepSettings(number, States, 0, 0, 0, 0);
    }

    /// <exception cref="ArgumentException">A cohort without room for what its optimisers remember.</exception>
    internal static void Check(DeviceCohort cohort)
    {
        if (cohort.Layout.Ranges.Any(range => range.Optimiser >= All.Count || All[range.Optimiser].States > cohort.States))
            throw new ArgumentException("the cohort has no room for what its optimisers remember", nameof(cohort));
    }

    /// <summary>A whole epoch of some blocks on a CPU.</summary>
    internal abstract void Epoch(DeviceKernels kernels, TrainEpochJob job, OptimiserRange range);

    /// <summary>A step of some models on a GPU.</summary>
    internal abstract void Step<TLoss>(in GpuEpoch<TLoss> epoch, in GpuStep step, OptimiserRange range)
        where TLoss : struct, ILoss;

    /// <summary>A whole epoch of small batches of some models on a GPU.</summary>
    internal abstract void SmallBatches<TLoss>(in GpuEpoch<TLoss> epoch, in GpuSmallBatches batches, OptimiserRange range)
        where TLoss : struct, ILoss;

    /// <summary>The update alone of some blocks on a CPU, from the gradients in scratch.</summary>
    internal abstract void Update(DeviceKernels kernels, DeviceCohort cohort, OptimiserRange range);

    /// <summary>Likewise on a GPU.</summary>
    /// <param name="failed">One flag a slot.</param>
    internal abstract void Update(GpuDevice device, DeviceCohort cohort, ArrayView<int> failed, OptimiserRange range);
}

/// <summary>An optimiser with the kernels that are closed over its type.</summary>
internal sealed class Optimiser<TOptimiser> : Optimiser
    where TOptimiser : struct, IOptimiser
{
    public override string Name => TOptimiser.Name;

    public override bool UsesMomentum => TOptimiser.UsesMomentum;

    public override bool UsesBetas => TOptimiser.UsesBetas;

    internal override Type Formula => typeof(TOptimiser);

    public override int States => TOptimiser.States;

    internal override void Epoch(DeviceKernels kernels, TrainEpochJob job, OptimiserRange range) => kernels.Launch(
        new TrainEpochCpu<LogisticLoss, TOptimiser>
        {
            Cohort = job.Cohort.Cohort,
            Scratch = job.Cohort.Scratch,
            Images = job.Images.Views,
            Epoch = job.Epoch,
            Range = range,
        });

    internal override void Step<TLoss>(in GpuEpoch<TLoss> epoch, in GpuStep step, OptimiserRange range) =>
        epoch.Step<TOptimiser>(step, range);

    internal override void SmallBatches<TLoss>(in GpuEpoch<TLoss> epoch, in GpuSmallBatches batches, OptimiserRange range) =>
        epoch.SmallBatches<TOptimiser>(batches, range);

    internal override void Update(DeviceKernels kernels, DeviceCohort cohort, OptimiserRange range) =>
        kernels.Launch(new UpdateCpu<TOptimiser> { Cohort = cohort.Cohort, Scratch = cohort.Scratch, Range = range });

    internal override void Update(GpuDevice device, DeviceCohort cohort, ArrayView<int> failed, OptimiserRange range)
    {
        ScratchViews scratch = cohort.Scratch;
        var update = new UpdateGpu<TOptimiser>
        {
            Cohort = cohort.Cohort,
            States = scratch.Steps,
            Gradients = GpuGradients.Of(scratch),
            Failed = failed,
            FirstVector = range.FirstVector,
            Vectors = range.Vectors,
            FirstSlot = range.FirstSlot,
            Slots = range.Slots,
        };
        device.Launch(UpdateGpu<TOptimiser>.Kernel, UpdateGpu<TOptimiser>.Threads, update.Groups, update);
    }
}
