using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Corrupted images: the same bytes on every device. An image an item on a CPU, four pixels a thread on a GPU.</summary>
public sealed class CorruptOperation : Operation<CorruptJob>
{
    public static CorruptOperation Instance { get; } = new();

    public override string Name => "Corrupt";

    public override bool HasWidths => false;

    internal override void Check(CorruptJob job)
    {
        if (!job.Corruption.Kind.Allows(job.Corruption.Severity))
            throw new ArgumentOutOfRangeException(nameof(job), job.Corruption, "must be a severity that the kind has");
    }

    internal override void OnCpu(DeviceKernels kernels, CorruptJob job)
    {
        using DeviceArray<int> table = kernels.Device.Upload(Table(job.Corruption));
        job.Corruption.Kind.OnCpu(kernels, Arguments(job, table), job.Source.Images);
    }

    internal override void OnGpu(GpuDevice device, CorruptJob job)
    {
        using DeviceArray<int> table = device.Upload(Table(job.Corruption));
        job.Corruption.Kind.OnGpu(device, Arguments(job, table), job.Source.Images);

        // The table goes with this call.
        device.Stream.Synchronize();
    }

    /// <summary>Everything that the kernels are given.</summary>
    /// <param name="table">Of <see cref="Table"/>.</param>
    internal static CorruptArguments Arguments(CorruptJob job, DeviceArray<int> table)
    {
        CorruptArguments arguments = job.Source.Arguments(job.Corruption);
        arguments.Table = table.View;
        return arguments;
    }

    /// <summary>See <see cref="CorruptionKind.Table"/>.</summary>
    internal static int[] Table(Corruption corruption) => corruption.Kind.Table(corruption.Severity);
}

/// <summary>What it is given; the images go into the source's own room.</summary>
public readonly record struct CorruptJob(CorruptionSource Source, Corruption Corruption);

/// <summary>How it is called.</summary>
public static class CorruptKernels
{
    /// <summary>Corrupted images, unsigned bytes [N, rows * columns]: the same bytes on every device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A severity that the kind does not have; see
    /// <see cref="CorruptionKind.Allows"/>.</exception>
    public static byte[] Corrupt(this DeviceKernels kernels, CorruptionSource source, Corruption corruption)
    {
        kernels.Run(CorruptOperation.Instance, new CorruptJob(source, corruption));
        return kernels.Device.Download(source.Target);
    }
}
