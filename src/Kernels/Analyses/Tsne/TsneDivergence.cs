using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One row's part of the divergence KL(P || Q) = sum p ln(p / (q / Z)) = sum p (ln p + ln(1 + d^2) + ln Z), in nats and in
/// double: once an embedding, so that it may be slow. One variant for all widths.
/// </summary>
public sealed class TsneDivergenceOperation : Operation<TsneDivergenceJob>
{
    public static TsneDivergenceOperation Instance { get; } = new();

    public override string Name => "TsneDivergence";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(TsneDivergenceJob job) => job.Buffer.Device;

    internal override void Check(TsneDivergenceJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, TsneDivergenceJob job) => kernels.Launch(new TsneDivergence
    {
        Joint = job.Buffer.Views.Joint,
        Places = job.Buffer.Views.Places,
        Divergence = job.Buffer.Views.Divergence,
        Points = job.Buffer.Points,
        Stride = job.Buffer.Stride,
        Total = job.Total,
    });

    internal override void OnGpu(GpuDevice device, TsneDivergenceJob job)
    {
        var logTotal = FloatPair.Of(PortableMath.Log(job.Total));
        device.Launch(TsneDivergenceGpu.Kernel, TsneDivergenceGpu.Threads, job.Buffer.Points, new TsneDivergenceGpu
        {
            Joint = job.Buffer.Views.Joint,
            Places = job.Buffer.Views.Places,
            Divergence = job.Buffer.Views.Divergence.Cast<float>(),
            Points = job.Buffer.Points,
            Stride = job.Buffer.Stride,
            LogTotalHigh = logTotal.High,
            LogTotalLow = logTotal.Low,
        });
    }
}

/// <summary>What it is given.</summary>
/// <param name="Total">Sum of q over all pairs.</param>
public readonly record struct TsneDivergenceJob(EmbeddingBuffer Buffer, double Total);

/// <summary>How it is called.</summary>
public static class TsneDivergenceKernels
{
    /// <summary>KL(P || Q) at the points' places, nats.</summary>
    public static double Divergence(this DeviceKernels kernels, EmbeddingBuffer buffer)
    {
        kernels.Forces(buffer);
        double total = 0;
        foreach (float row in kernels.Device.Download(buffer.Views.Forces.SubView(0, buffer.Points)))
            total += row;
        kernels.Run(TsneDivergenceOperation.Instance, new TsneDivergenceJob(buffer, total));
        return kernels.Device is GpuDevice
            ? kernels.Device.Download(buffer.Views.Divergence.Cast<float>()).Chunk(2).Sum(pair => (double)pair[0] + pair[1])
            : kernels.Device.Download(buffer.Views.Divergence).Sum();
    }
}

/// <summary>In double; a point's row an item.</summary>
internal struct TsneDivergence : ICpuJob
{
    /// <summary>[N, stride].</summary>
    public ArrayView<float> Joint;

    /// <summary>[2, stride].</summary>
    public ArrayView<float> Places;

    /// <summary>[N].</summary>
    public ArrayView<double> Divergence;

    public int Points, Stride;

    public double Total;

    public readonly int Items => Points;

    public readonly unsafe void Run<T>(int row)
        where T : unmanaged, ILanes<T>
    {
        int stride = Stride;
        float* xs = BlockPointers.Pointer(Places), ys = xs + stride;
        float* p = BlockPointers.Pointer(Joint) + ((long)row * stride);
        double sum = 0, x = xs[row], y = ys[row];
        for (int j = 0; j < Points; j++)
        {
            if (p[j] == 0)
                continue;
            double dx = x - xs[j], dy = y - ys[j];
            sum += p[j] * PortableMath.Log(p[j] * (1 + (dx * dx) + (dy * dy)) * Total);
        }
        BlockPointers.Pointer(Divergence)[row] = sum;
    }
}
