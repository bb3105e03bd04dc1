using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// d(i, j) = sum over h of (a(h, i) - a(h, j))^2 into a row of <see cref="TsneViews.Conditional"/>, features in ascending
/// order; itself and the padding are <see cref="TsneDistances.Far"/>. Symmetric bit by bit.
/// </summary>
public sealed class TsneDistancesOperation : Operation<TsneDistancesJob>
{
    public static TsneDistancesOperation Instance { get; } = new();

    public override string Name => "TsneDistances";

    internal override ComputeDevice? DeviceOf(TsneDistancesJob job) => job.Buffer.Device;

    internal override void Check(TsneDistancesJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, TsneDistancesJob job) => kernels.Launch(Kernel(job));

    internal override void OnGpu(GpuDevice device, TsneDistancesJob job)
    {
        TsneDistances kernel = Kernel(job);
        device.Launch(TsneDistances.Kernel, TsneDistances.Threads, kernel.Groups, kernel);
    }

    private static TsneDistances Kernel(TsneDistancesJob job) => new()
    {
        Features = job.Buffer.Views.Features,
        Conditional = job.Buffer.Views.Conditional,
        Points = job.Buffer.Points,
        Stride = job.Buffer.Stride,
        Hidden = job.Buffer.Hidden,
    };
}

/// <summary>What it is given.</summary>
public readonly record struct TsneDistancesJob(EmbeddingBuffer Buffer);

/// <summary>How it is called.</summary>
public static class TsneDistancesKernels
{
    /// <summary>Squared distances of all pairs of points.</summary>
    public static void Distances(this DeviceKernels kernels, EmbeddingBuffer buffer)
        => kernels.Run(TsneDistancesOperation.Instance, new TsneDistancesJob(buffer));
}

/// <summary>What its kernels are given; on a CPU a point's row is an item.</summary>
internal partial struct TsneDistances : ICpuJob
{
    /// <summary>Farther than any distance of features of at most 1; its product with a 0 is still 0.</summary>
    public const float Far = 3e38f;

    /// <summary>[H, stride].</summary>
    public ArrayView<float> Features;

    /// <summary>[N, stride].</summary>
    public ArrayView<float> Conditional;

    public int Points, Stride, Hidden;

    public readonly int Items => Points;

    // A row of 2,300 points is about a microsecond of work; taking one costs a twentieth of that.
    static int ICpuJob.AtOnce => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly unsafe void Run<T>(int row)
        where T : unmanaged, ILanes<T>
    {
        float* features = BlockPointers.Pointer(Features);
        float* output = BlockPointers.Pointer(Conditional) + ((long)row * Stride);
        T far = T.Broadcast(Far);
        for (int column = 0; column < Stride; column += LaneMask.Lanes)
        {
            float* f = features + column;
            float* own = features + row;
            T sum = T.Zero;
            for (int h = 0; h < Hidden; h++, f += Stride, own += Stride)
            {
                T difference = T.Subtract(T.Broadcast(*own), T.Load(f));
                sum = T.Fma(difference, difference, sum);
            }
            T real = T.Load(LaneMask.First(Math.Min(LaneMask.Lanes, Points - column)));
            T.Store(T.Select(real, sum, far), output + column);
        }
        output[row] = Far;
    }
}
