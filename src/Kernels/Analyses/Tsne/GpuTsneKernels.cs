using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>The operations on a GPU: a launch each, which returns before it is done.</summary>
internal sealed class GpuTsneKernels(GpuDevice device) : TsneKernels(device, SimdWidth.V128)
{
    private readonly GpuDevice _device = device;
    private readonly GpuLauncher<TsneDistancesGpu> _distances = new(device, TsneDistancesGpu.Kernel, TsneDistancesGpu.Threads);
    private readonly GpuLauncher<TsneAffinitiesGpu> _affinities = new(device, TsneAffinitiesGpu.Kernel, TsneLanes.Threads);
    private readonly GpuLauncher<TsneSymmetrizeGpu> _symmetrize = new(device, TsneSymmetrizeGpu.Kernel, TsneSymmetrizeGpu.Threads);
    private readonly GpuLauncher<TsneForcesGpu> _forces = new(device, TsneForcesGpu.Kernel, TsneLanes.Threads);
    private readonly GpuLauncher<TsneStepGpu> _step = new(device, TsneStepGpu.Kernel, TsneStepGpu.Threads);
    private readonly GpuLauncher<TsneDivergenceGpu> _divergence = new(device, TsneDivergenceGpu.Kernel, TsneDivergenceGpu.Threads);

    private protected override void Launch(KernelOperation operation, in TsneArguments arguments, int rows)
    {
        switch (operation)
        {
            case KernelOperation.TsneDistances: Distances(arguments); break;
            case KernelOperation.TsneAffinities: Affinities(arguments); break;
            case KernelOperation.TsneSymmetrize: Symmetrize(arguments); break;
            case KernelOperation.TsneForces: Forces(arguments); break;
            case KernelOperation.TsneStep: Step(arguments); break;
            case KernelOperation.TsneDivergence: Divergence(arguments); break;
            default: throw new ArgumentOutOfRangeException(nameof(operation), operation, "not an operation of t-SNE");
        }
    }

    private protected override double[] Divergences(in TsneArguments arguments)
    {
        float[] pairs = _device.Download(arguments.Views.Divergence.Cast<float>());
        return [.. Enumerable.Range(0, arguments.Points).Select(i => (double)pairs[2 * i] + pairs[(2 * i) + 1])];
    }

    private void Distances(in TsneArguments a)
    {
        var job = new TsneDistancesGpu
        {
            Features = a.Views.Features,
            Distances = a.Views.Conditional,
            Points = a.Points,
            Stride = a.Stride,
            Hidden = a.Features,
        };
        _distances.Launch(job.Groups, job);
    }

    private void Affinities(in TsneArguments a) => _affinities.Launch(TsneLanes.Groups(a.Points), new TsneAffinitiesGpu
    {
        Conditional = a.Views.Conditional,
        Precisions = a.Views.Precisions,
        Points = a.Points,
        Stride = a.Stride,
        EntropyHigh = a.EntropyHigh,
        EntropyLow = a.EntropyLow,
    });

    private void Symmetrize(in TsneArguments a)
    {
        var job = new TsneSymmetrizeGpu
        {
            Conditional = a.Views.Conditional,
            Joint = a.Views.Joint,
            Points = a.Points,
            Stride = a.Stride,
            Share = TsneSymmetrize.Share(a.Points),
        };
        _symmetrize.Launch(job.Groups, job);
    }

    private void Forces(in TsneArguments a) => _forces.Launch(TsneLanes.Groups(a.Points), new TsneForcesGpu
    {
        Joint = a.Views.Joint,
        Places = a.Views.Places,
        Forces = a.Views.Forces,
        Points = a.Points,
        Stride = a.Stride,
    });

    private void Step(in TsneArguments a)
    {
        float kernelScale = TsneMove.KernelScale(a.Points), placeScale = TsneMove.PlaceScale(a.Points);
        _step.Launch(1, new TsneStepGpu
        {
            Forces = a.Views.Forces,
            Places = a.Views.Places,
            Motion = a.Views.Motion,
            Points = a.Points,
            Stride = a.Stride,
            Exaggeration = a.Exaggeration,
            Momentum = a.Momentum,
            Rate = a.Rate,
            KernelScale = kernelScale,
            KernelUnit = 1 / kernelScale,
            PlaceScale = placeScale,
            PlaceUnit = 1 / placeScale,
        });
    }

    private void Divergence(in TsneArguments a)
    {
        var logTotal = FloatPair.Of(PortableMath.Log(a.Total));
        _divergence.Launch(a.Points, new TsneDivergenceGpu
        {
            Joint = a.Views.Joint,
            Places = a.Views.Places,
            Divergence = a.Views.Divergence.Cast<float>(),
            Points = a.Points,
            Stride = a.Stride,
            LogTotalHigh = logTotal.High,
            LogTotalLow = logTotal.Low,
        });
    }
}
