using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One step of gradient descent with momentum and a gain for each coordinate, from the forces of all points; then the mean
/// is taken off. A gain shrinks by a fifth when gradient and velocity have the same sign (the step is turning round), else
/// grows by 0.2, and stays above 0.01 (Jacobs 1988, as in van der Maaten's code). N steps of a few operations: one
/// thread does all. One variant for all widths; the arithmetic is <see cref="TsneMove"/>.
/// </summary>
public sealed class TsneStepOperation : Operation<TsneStepJob>
{
    public static TsneStepOperation Instance { get; } = new();

    public override string Name => "TsneStep";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(TsneStepJob job) => job.Buffer.Device;

    internal override void Check(TsneStepJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, TsneStepJob job) => kernels.Launch(Kernel(job));

    internal override void OnGpu(GpuDevice device, TsneStepJob job)
    {
        TsneStep kernel = Kernel(job);
        device.Launch(TsneStep.Kernel, TsneStep.Threads, 1, kernel);
    }

    private static TsneStep Kernel(TsneStepJob job)
    {
        float kernelScale = TsneMove.KernelScale(job.Buffer.Points), placeScale = TsneMove.PlaceScale(job.Buffer.Points);
        return new TsneStep
        {
            Forces = job.Buffer.Views.Forces,
            Places = job.Buffer.Views.Places,
            Motion = job.Buffer.Views.Motion,
            Points = job.Buffer.Points,
            Stride = job.Buffer.Stride,
            Exaggeration = job.Exaggeration,
            Momentum = job.Momentum,
            Rate = job.Rate,
            KernelScale = kernelScale,
            KernelUnit = 1 / kernelScale,
            PlaceScale = placeScale,
            PlaceUnit = 1 / placeScale,
        };
    }
}

/// <summary>What it is given.</summary>
/// <param name="Exaggeration">Times the joint probabilities; 1 after early exaggeration.</param>
public readonly record struct TsneStepJob(EmbeddingBuffer Buffer, float Exaggeration, float Momentum, float Rate);

/// <summary>How it is called.</summary>
public static class TsneStepKernels
{
    /// <summary>Moves all points by the forces.</summary>
    public static void Step(this DeviceKernels kernels, EmbeddingBuffer buffer, float exaggeration, float momentum, float rate)
        => kernels.Run(TsneStepOperation.Instance, new TsneStepJob(buffer, exaggeration, momentum, rate));
}

/// <summary>What its kernels are given; on a CPU one item does all.</summary>
internal partial struct TsneStep : ICpuJob
{
    /// <summary>[5, stride].</summary>
    public ArrayView<float> Forces;

    /// <summary>[2, stride].</summary>
    public ArrayView<float> Places;

    /// <summary>[4, stride].</summary>
    public ArrayView<float> Motion;

    public int Points, Stride;

    public float Exaggeration, Momentum, Rate;

    /// <summary>Units in 1 of the sums of q and of places (see <see cref="TsneMove"/>), and what a unit is.</summary>
    public float KernelScale, KernelUnit, PlaceScale, PlaceUnit;

    public readonly int Items => 1;

    public readonly unsafe void Run<T>(int row)
        where T : unmanaged, ILanes<T>
    {
        int stride = Stride, points = Points;
        float* forces = BlockPointers.Pointer(Forces);
        long total = 0;
        for (int i = 0; i < points; i++)
            total += TsneMove.Fixed(forces[i], points, KernelScale);
        float share = TsneMove.Share(total, KernelUnit);
        for (int axis = 0; axis < 2; axis++)
        {
            float* places = BlockPointers.Pointer(Places) + (axis * stride);
            float* velocity = BlockPointers.Pointer(Motion) + (axis * stride);
            float* gain = velocity + (2 * stride);
            float* attract = forces + ((1 + axis) * stride), repel = forces + ((3 + axis) * stride);
            long sum = 0;
            for (int i = 0; i < points; i++)
            {
                float gradient = TsneMove.Gradient(Exaggeration, attract[i], share, repel[i]);
                gain[i] = TsneMove.Gain(gain[i], gradient, velocity[i]);
                velocity[i] = TsneMove.Velocity(Momentum, velocity[i], Rate, gain[i], gradient);
                places[i] += velocity[i];
                sum += TsneMove.Fixed(places[i], TsneMove.Farthest, PlaceScale);
            }
            float mean = TsneMove.Mean(sum, PlaceUnit, points);
            for (int i = 0; i < points; i++)
                places[i] -= mean;
        }
    }
}
