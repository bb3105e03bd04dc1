using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// What a saliency map shows for each pixel: its names for people, and its kernels. One object each, in <see cref="All"/>.
/// </summary>
public abstract class SaliencyMethod
{
    public static SaliencyMethod LogitGradient { get; } = new SaliencyMethod<LogitGradient>();

    public static SaliencyMethod ProbabilityGradient { get; } = new SaliencyMethod<ProbabilityGradient>();

    public static SaliencyMethod InputGradient { get; } = new SaliencyMethod<InputGradient>();

    public static SaliencyMethod SmoothGradient { get; } = new SaliencyMethod<SmoothGradient>();

    public static SaliencyMethod IntegratedGradient { get; } = new SaliencyMethod<IntegratedGradient>();

    public static SaliencyMethod Perturbation { get; } = new SaliencyMethod<Perturbation>();

    /// <summary>Every method.</summary>
    public static IReadOnlyList<SaliencyMethod> All { get; }
        = [LogitGradient, ProbabilityGradient, InputGradient, SmoothGradient, IntegratedGradient, Perturbation];

    /// <summary>Those that people are offered, as flags and help name them.</summary>
    public static IReadOnlyList<SaliencyMethod> Offered { get; } = [.. All.Where(method => method.IsOffered)];

    /// <summary>In flags, files and tables: <c>input-gradient</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What a pixel of the map is: <c>x dlogit/dx</c>.</summary>
    public abstract string Words { get; }

    /// <summary>Whether maps have both signs.</summary>
    public abstract bool IsSigned { get; }

    /// <summary>Whether it runs over compressed weights too.</summary>
    internal abstract bool IsGradient { get; }

    private protected abstract bool IsOffered { get; }

    public override string ToString() => Name;

    internal abstract void OnCpu(DeviceKernels kernels, SaliencyJob job);

    /// <summary>A run of images whose forward pass is done.</summary>
    internal abstract void OnGpu(GpuDevice device, in SaliencyRun run);

    /// <summary>Over compressed weights.</summary>
    internal abstract void OnCpu(DeviceKernels kernels, SparseSaliencyJob job);

    /// <summary>Likewise, for tiles of images whose forward pass is done.</summary>
    internal abstract void OnGpu(GpuDevice device, in SparseSaliencyRun run);
}

/// <summary>A method with the kernels of its formula.</summary>
internal sealed class SaliencyMethod<TFormula> : SaliencyMethod
    where TFormula : struct, ISaliencyFormula
{
    public override string Name => TFormula.Name;

    public override string Words => TFormula.Words;

    public override bool IsSigned => TFormula.IsSigned;

    internal override bool IsGradient => TFormula.IsGradient;

    private protected override bool IsOffered => TFormula.IsOffered;

    internal override void OnCpu(DeviceKernels kernels, SaliencyJob job) => kernels.Launch(
        new SaliencyCpu<TFormula>
        {
            Cohort = job.Cohort.Cohort,
            Images = job.Images.Views,
            Maps = job.Output.Maps,
            Wanted = job.Class ?? -1,
        });

    internal override void OnGpu(GpuDevice device, in SaliencyRun run)
    {
        if (TFormula.UsesScales && run.First == 0)
        {
            device.Launch(
                SmoothScaleGpu.Kernel,
                SmoothScaleGpu.Threads,
                run.Cohort.VectorCount,
                new SmoothScaleGpu { Cohort = run.Cohort, Scales = run.Scales });
        }

        if (run.Cohort.Outputs > 1 && TFormula.UsesLogit && !TFormula.IsGradient)
        {
            ClassChangeGpu<TFormula> changes = new() { Run = run };
            device.Launch(ClassChangeGpu<TFormula>.Kernel, ClassChangeGpu<TFormula>.Threads, changes.Groups, changes);
            return;
        }
        device.Launch(
            SaliencyGpu<TFormula>.Kernel, SaliencyGpu<TFormula>.Threads, SaliencyGpu<TFormula>.Groups(run),
            new SaliencyGpu<TFormula> { Run = run });
    }

    internal override void OnCpu(DeviceKernels kernels, SparseSaliencyJob job) => kernels.Launch(new SparseSaliencyCpu<TFormula>
    {
        Cohort = job.Weights.Shape,
        Sparse = job.Weights.Views,
        Images = job.Images.Views,
        Maps = job.Output.Maps,
    });

    internal override void OnGpu(GpuDevice device, in SparseSaliencyRun run)
    {
        SparseSaliencyGpu<TFormula> maps = new() { Run = run };
        device.Launch(SparseSaliencyGpu<TFormula>.Kernel, SparseSaliencyGpu<TFormula>.Threads, maps.Groups, maps);
    }
}
