using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// p(i, j) = (p(j | i) + p(i | j)) / 2N into a row of <see cref="TsneViews.Joint"/>; symmetric bit by bit. One variant for all widths.
/// </summary>
public sealed class TsneSymmetrizeOperation : Operation<TsneSymmetrizeJob>
{
    public static TsneSymmetrizeOperation Instance { get; } = new();

    public override string Name => "TsneSymmetrize";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(TsneSymmetrizeJob job) => job.Buffer.Device;

    internal override void Check(TsneSymmetrizeJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, TsneSymmetrizeJob job) => kernels.Launch(Kernel(job));

    internal override void OnGpu(GpuDevice device, TsneSymmetrizeJob job)
    {
        TsneSymmetrize kernel = Kernel(job);
        device.Launch(TsneSymmetrize.Kernel, TsneSymmetrize.Threads, kernel.Groups, kernel);
    }

    private static TsneSymmetrize Kernel(TsneSymmetrizeJob job) => new()
    {
        Conditional = job.Buffer.Views.Conditional,
        Joint = job.Buffer.Views.Joint,
        Points = job.Buffer.Points,
        Stride = job.Buffer.Stride,
        Share = 1f / (2 * job.Buffer.Points),
    };
}

/// <summary>What it is given.</summary>
public readonly record struct TsneSymmetrizeJob(EmbeddingBuffer Buffer);

/// <summary>How it is called.</summary>
public static class TsneSymmetrizeKernels
{
    /// <summary>Joint probabilities from the conditional ones.</summary>
    public static void Symmetrize(this DeviceKernels kernels, EmbeddingBuffer buffer)
        => kernels.Run(TsneSymmetrizeOperation.Instance, new TsneSymmetrizeJob(buffer));
}

/// <summary>What its kernels are given; on a CPU a point's row is an item.</summary>
internal partial struct TsneSymmetrize : ICpuJob
{
    /// <summary>[N, stride].</summary>
    public ArrayView<float> Conditional, Joint;

    public int Points, Stride;

    /// <summary>1 / 2N.</summary>
    public float Share;

    public readonly int Items => Points;

    // A row of 2,300 points is about a microsecond of work; taking one costs a twentieth of that.
    static int ICpuJob.AtOnce => 8;

    public readonly unsafe void Run<T>(int row)
        where T : unmanaged, ILanes<T>
    {
        float* conditional = BlockPointers.Pointer(Conditional);
        float* own = conditional + ((long)row * Stride), other = conditional + row;
        float* output = BlockPointers.Pointer(Joint) + ((long)row * Stride);
        for (int j = 0; j < Points; j++, other += Stride)
            output[j] = (own[j] + *other) * Share;
    }
}
