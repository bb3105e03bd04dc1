using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One point's part of the exact gradient. With q(i, j) = 1 / (1 + |y_i - y_j|^2): the row's sum of q without itself,
/// attraction = sum p q (y_i - y_j), repulsion = sum q^2 (y_i - y_j). The gradient of the divergence is
/// 4 (attraction - repulsion / Z) with Z the sum of all q (van der Maaten and Hinton 2008, equation 5).
/// </summary>
/// <remarks>Sixteen sums over j modulo 16, each in ascending order, then a tree: the order depends on N alone.</remarks>
public sealed class TsneForcesOperation : Operation<TsneForcesJob>
{
    public static TsneForcesOperation Instance { get; } = new();

    public override string Name => "TsneForces";

    internal override ComputeDevice? DeviceOf(TsneForcesJob job) => job.Buffer.Device;

    internal override void Check(TsneForcesJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, TsneForcesJob job) => kernels.Launch(Kernel(job));

    internal override void OnGpu(GpuDevice device, TsneForcesJob job)
    {
        TsneForces kernel = Kernel(job);
        device.Launch(TsneForces.Kernel, TsneLanes.Threads, TsneLanes.Groups(kernel.Points), kernel);
    }

    private static TsneForces Kernel(TsneForcesJob job) => new()
    {
        Joint = job.Buffer.Views.Joint,
        Places = job.Buffer.Views.Places,
        Forces = job.Buffer.Views.Forces,
        Points = job.Buffer.Points,
        Stride = job.Buffer.Stride,
    };
}

/// <summary>What it is given.</summary>
public readonly record struct TsneForcesJob(EmbeddingBuffer Buffer);

/// <summary>How it is called.</summary>
public static class TsneForcesKernels
{
    /// <summary>Attraction, repulsion and sums of q at the points' places.</summary>
    public static void Forces(this DeviceKernels kernels, EmbeddingBuffer buffer)
        => kernels.Run(TsneForcesOperation.Instance, new TsneForcesJob(buffer));
}

/// <summary>What its kernels are given; on a CPU a point's row is an item.</summary>
internal partial struct TsneForces : ICpuJob
{
    /// <summary>[N, stride].</summary>
    public ArrayView<float> Joint;

    /// <summary>[2, stride].</summary>
    public ArrayView<float> Places;

    /// <summary>[5, stride].</summary>
    public ArrayView<float> Forces;

    public int Points, Stride;

    public readonly int Items => Points;

    // A row of 2,300 points is about a microsecond of work; taking one costs a twentieth of that.
    static int ICpuJob.AtOnce => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly unsafe void Run<T>(int row)
        where T : unmanaged, ILanes<T>
    {
        int stride = Stride, points = Points;
        float* xs = BlockPointers.Pointer(Places), ys = xs + stride;
        float* p = BlockPointers.Pointer(Joint) + ((long)row * stride);
        T x = T.Broadcast(xs[row]), y = T.Broadcast(ys[row]);
        T sum = T.Zero, attractX = T.Zero, attractY = T.Zero, repelX = T.Zero, repelY = T.Zero;
        int whole = points / LaneMask.Lanes * LaneMask.Lanes;
        for (int j = 0; j < whole; j += LaneMask.Lanes)
        {
            T dx = T.Subtract(x, T.Load(xs + j)), dy = T.Subtract(y, T.Load(ys + j));
            T q = Kernel(dx, dy);
            T pq = T.Multiply(T.Load(p + j), q), squared = T.Multiply(q, q);
            sum = T.Add(sum, q);
            attractX = T.Fma(pq, dx, attractX);
            attractY = T.Fma(pq, dy, attractY);
            repelX = T.Fma(squared, dx, repelX);
            repelY = T.Fma(squared, dy, repelY);
        }
        if (whole < points)
        {
            T real = T.Load(LaneMask.First(points - whole));
            T dx = T.Subtract(x, T.Load(xs + whole)), dy = T.Subtract(y, T.Load(ys + whole));
            T q = T.Select(real, Kernel(dx, dy), T.Zero);
            T pq = T.Multiply(T.Load(p + whole), q), squared = T.Multiply(q, q);
            sum = T.Add(sum, q);
            attractX = T.Fma(pq, dx, attractX);
            attractY = T.Fma(pq, dy, attractY);
            repelX = T.Fma(squared, dx, repelX);
            repelY = T.Fma(squared, dy, repelY);
        }
        float* forces = BlockPointers.Pointer(Forces) + row;

        // The point itself: q is exactly 1, and it pulls and pushes nowhere.
        forces[0] = T.Sum(sum) - 1;
        forces[stride] = T.Sum(attractX);
        forces[2 * stride] = T.Sum(attractY);
        forces[3 * stride] = T.Sum(repelX);
        forces[4 * stride] = T.Sum(repelY);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Kernel<T>(T dx, T dy)
        where T : unmanaged, ILanes<T>
    {
        T one = T.Broadcast(1);
        return T.Divide(one, T.Fma(dy, dy, T.Fma(dx, dx, one)));
    }
}
