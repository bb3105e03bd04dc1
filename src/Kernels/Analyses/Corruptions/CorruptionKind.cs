using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>
/// What is done to an image: its names for people, which severities it has, and its kernels. One object each, in <see cref="All"/>.
/// </summary>
public abstract class CorruptionKind
{
    public static CorruptionKind Gaussian { get; } = new GaussianNoise();

    public static CorruptionKind Occlusion { get; } = new Occlusion();

    public static CorruptionKind SaltPepper { get; } = new SaltPepper();

    public static CorruptionKind Blur { get; } = new Blur();

    public static CorruptionKind Rotation { get; } = new Rotation();

    public static CorruptionKind Translation { get; } = new Translation();

    /// <summary>Every kind, as flags and help name them.</summary>
    public static IReadOnlyList<CorruptionKind> All { get; }
        = [Gaussian, Occlusion, SaltPepper, Blur, Rotation, Translation, new Contrast()];

    /// <summary>In flags, files and tables: <c>salt-pepper</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What a severity counts, for messages: <c>degrees</c>.</summary>
    public abstract string Unit { get; }

    /// <summary>The same along the axis of a plot.</summary>
    public abstract string Axis { get; }

    /// <summary>The largest severity; 0 is always the smallest.</summary>
    public abstract double Largest { get; }

    /// <summary>Whether severities are whole numbers.</summary>
    public virtual bool IsWhole => false;

    /// <summary>In how many directions inputs must have neighbours for it to mean anything: 0, 1 or 2.</summary>
    public virtual int Directions => 0;

    /// <summary>Severities from small to <see cref="Largest"/> at which kernels are compared with the reference.</summary>
    public abstract IReadOnlyList<double> Tried { get; }

    /// <summary>Part of the random numbers' keys: never to be used again.</summary>
    internal abstract int Key { get; }

    /// <summary>Whether there is such a severity.</summary>
    public bool Allows(double severity) => severity >= 0 && severity <= Largest && (!IsWhole || severity == Math.Floor(severity));

    /// <summary>Null for a name that is none.</summary>
    public static CorruptionKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    public override string ToString() => Name;

    /// <summary>What <see cref="CorruptArguments.Table"/> holds.</summary>
    internal virtual int[] Table(double severity) => [];

    /// <summary>Sets what the kernels make of a severity.</summary>
    internal abstract void Set(ref CorruptArguments arguments, double severity);

    /// <summary>Corrupts images on a CPU.</summary>
    internal abstract void OnCpu(DeviceKernels kernels, CorruptArguments arguments, int images);

    /// <summary>Likewise on a GPU.</summary>
    internal abstract void OnGpu(GpuDevice device, CorruptArguments arguments, int images);

    /// <summary>For tests: what a GPU does, played on a CPU.</summary>
    internal abstract void AsOnGpu(DeviceKernels kernels, CorruptArguments arguments, int images);
}

/// <summary>A kind with the kernels of its pixels.</summary>
internal abstract class CorruptionKind<TPixels> : CorruptionKind
    where TPixels : struct, ICorruptedPixels<TPixels>
{
    internal override void OnCpu(DeviceKernels kernels, CorruptArguments arguments, int images) =>
        kernels.Launch(new CorruptCpu<TPixels> { Arguments = arguments, Items = images });

    internal override void OnGpu(GpuDevice device, CorruptArguments arguments, int images)
    {
        CorruptGpu<TPixels> corrupt = CorruptGpu<TPixels>.Of(arguments, images);
        device.Launch(CorruptGpu<TPixels>.Kernel, CorruptGpu<TPixels>.Threads, corrupt.Groups, corrupt);
    }

    internal override void AsOnGpu(DeviceKernels kernels, CorruptArguments arguments, int images) =>
        kernels.Launch(CorruptGpu<TPixels>.Of(arguments, images));
}
