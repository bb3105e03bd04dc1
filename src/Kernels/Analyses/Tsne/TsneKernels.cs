using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// The operations of exact t-SNE on one device. This class checks and gathers arguments; what runs is the device's own.
/// </summary>
public abstract class TsneKernels
{
    private protected TsneKernels(ComputeDevice device, SimdWidth width)
    {
        Device = device;
        Width = width;
    }

    /// <summary>Loads the kernels of a device; they live as long as the object.</summary>
    /// <param name="device">The device that all buffers must lie on.</param>
    /// <param name="width">Registers of a CPU to use; the best of the machine when null.</param>
    /// <exception cref="ArgumentException">There are no kernels for such a device.</exception>
    public static TsneKernels Create(ComputeDevice device, SimdWidth? width = null) => device switch
    {
        CpuDevice cpu => new CpuTsneKernels(cpu, width ?? SimdSupport.Best),
        GpuDevice gpu => gpu.TsneKernels,
        _ => throw new ArgumentException($"no t-SNE kernels for a device of kind {device.Kind}", nameof(device)),
    };

    public ComputeDevice Device { get; }

    /// <summary>Registers that CPU kernels use.</summary>
    public SimdWidth Width { get; }

    /// <summary>Starts an operation on <paramref name="rows"/> rows; its arguments have been checked.</summary>
    private protected abstract void Launch(KernelOperation operation, in TsneArguments arguments, int rows);

    /// <summary>Waits for what the divergence of each row is.</summary>
    private protected abstract double[] Divergences(in TsneArguments arguments);

    /// <summary>Squared distances of all pairs of points.</summary>
    public void Distances(EmbeddingBuffer buffer) => Start(KernelOperation.TsneDistances, Arguments(buffer));

    /// <summary>Conditional probabilities of that perplexity, from the distances.</summary>
    /// <param name="perplexity">Above 1, below the number of other points.</param>
    /// <exception cref="ArgumentOutOfRangeException">Perplexity out of range.</exception>
    public void Affinities(EmbeddingBuffer buffer, double perplexity)
    {
        if (!(perplexity > 1 && perplexity <= buffer.Points - 1))
            throw new ArgumentOutOfRangeException(nameof(perplexity), perplexity, $"above 1 and at most {buffer.Points - 1} is right");
        Start(KernelOperation.TsneAffinities, Arguments(buffer, perplexity));
    }

    /// <summary>Joint probabilities from the conditional ones.</summary>
    public void Symmetrize(EmbeddingBuffer buffer) => Start(KernelOperation.TsneSymmetrize, Arguments(buffer));

    /// <summary>Attraction, repulsion and sums of q at the points' places.</summary>
    public void Forces(EmbeddingBuffer buffer) => Start(KernelOperation.TsneForces, Arguments(buffer));

    /// <summary>Moves all points by the forces.</summary>
    public void Step(EmbeddingBuffer buffer, float exaggeration, float momentum, float rate)
    {
        TsneArguments arguments = Arguments(buffer);
        (arguments.Exaggeration, arguments.Momentum, arguments.Rate) = (exaggeration, momentum, rate);
        Start(KernelOperation.TsneStep, arguments);
    }

    /// <summary>KL(P || Q) at the points' places, nats.</summary>
    public double Divergence(EmbeddingBuffer buffer)
    {
        Forces(buffer);
        TsneArguments arguments = Arguments(buffer);
        float[] forces = Device.Download(arguments.Views.Forces);
        for (int i = 0; i < buffer.Points; i++)
            arguments.Total += forces[i];
        Start(KernelOperation.TsneDivergence, arguments);
        double sum = 0;
        foreach (double row in Divergences(arguments))
            sum += row;
        return sum;
    }

    /// <summary>Starts an operation on arguments that are right.</summary>
    internal void Start(KernelOperation operation, in TsneArguments arguments) =>
        Launch(operation, arguments, operation == KernelOperation.TsneStep ? 1 : arguments.Points);

    /// <summary>With <see cref="TsneArguments.EntropyHigh"/> of a perplexity.</summary>
    internal TsneArguments Arguments(EmbeddingBuffer buffer, double perplexity)
    {
        TsneArguments arguments = Arguments(buffer);
        var entropy = FloatPair.Of(PortableMath.Log(perplexity));
        (arguments.EntropyHigh, arguments.EntropyLow) = (entropy.High, entropy.Low);
        return arguments;
    }

    private TsneArguments Arguments(EmbeddingBuffer buffer)
    {
        if (buffer.Device != Device)
            throw new ArgumentException("a buffer of another device", nameof(buffer));
        return new TsneArguments
        {
            Views = buffer.Views,
            Points = buffer.Points,
            Stride = buffer.Stride,
            Features = buffer.Hidden,
            Width = (int)Width,
        };
    }
}

/// <summary>The operations on a CPU: a thread takes a few rows at a time. Launches block.</summary>
internal sealed class CpuTsneKernels(CpuDevice device, SimdWidth width) : TsneKernels(device, width)
{
    private readonly Dictionary<KernelOperation, RowLaunch> _launchers = new()
    {
        [KernelOperation.TsneDistances] = new TsneRowKernel<TsneDistances>(device).Launch,
        [KernelOperation.TsneAffinities] = new TsneRowKernel<TsneAffinities>(device).Launch,
        [KernelOperation.TsneSymmetrize] = new TsneRowKernel<TsneSymmetrize>(device).Launch,
        [KernelOperation.TsneForces] = new TsneRowKernel<TsneForces>(device).Launch,
        [KernelOperation.TsneStep] = new TsneRowKernel<TsneStep>(device).Launch,
        [KernelOperation.TsneDivergence] = new TsneRowKernel<TsneDivergence>(device).Launch,
    };

    private delegate void RowLaunch(in TsneArguments arguments, int rows);

    private protected override void Launch(KernelOperation operation, in TsneArguments arguments, int rows) =>
        _launchers[operation](arguments, rows);

    private protected override double[] Divergences(in TsneArguments arguments) => Device.Download(arguments.Views.Divergence);
}
