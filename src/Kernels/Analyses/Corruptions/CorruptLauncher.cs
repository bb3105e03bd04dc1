using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Launches the corruption kernels of one device: an image an item on a CPU, four pixels an item elsewhere.</summary>
internal sealed class CorruptLauncher
{
    private readonly ComputeDevice _device;
    private readonly bool _byImage;
    private readonly Action<AcceleratorStream, Index1D, CorruptArguments> _launch;

    /// <param name="byImage">Null for what is fast on the device; only a CPU can go by image.</param>
    public CorruptLauncher(ComputeDevice device, bool? byImage = null)
    {
        _device = device;
        _byImage = byImage ?? device.Kind == AcceleratorType.CPU;
        _launch = device.Accelerator.LoadImplicitlyGroupedKernel<Index1D, CorruptArguments>(
            _byImage ? CorruptImageBody.Kernel : CorruptKernel.Kernel, device.ElementGroup);
    }

    /// <summary>The corrupted images, unsigned bytes, row-major [N, rows * columns].</summary>
    /// <exception cref="ArgumentOutOfRangeException">A severity that the kind does not have.</exception>
    public byte[] Run(CorruptionSource source, Corruption corruption)
    {
        if (!Enum.IsDefined(corruption.Kind) || !CorruptionRules.Allows(corruption.Kind, corruption.Severity))
            throw new ArgumentOutOfRangeException(nameof(corruption), corruption, "a severity that the kind has is right");
        int[] values = corruption.Kind switch
        {
            CorruptionKind.Gaussian => GaussianTable.Create(),
            CorruptionKind.Blur => CorruptTables.BlurWeights(corruption.Severity),
            _ => [],
        };
        using MemoryBuffer1D<int, Stride1D.Dense> table = _device.Upload(values);
        CorruptArguments arguments = source.Arguments(corruption);
        arguments.Table = table.View;
        if (corruption.Kind == CorruptionKind.Blur)
            arguments.Size = values.Length - 1;
        int items = _byImage ? source.Images : checked(source.Images * (((source.Rows * source.Columns) + 3) / 4));
        Launch(items, arguments);
        return _device.Download(source.Target);
    }

    /// <summary>Starts the kernel; on a CPU it is done then, or what a body threw is thrown.</summary>
    internal void Launch(int items, CorruptArguments arguments)
    {
        int device = arguments.Device = _device is CpuDevice cpu ? cpu.Number : 0;
        _launch(_device.Stream, items, arguments);
        CpuFaults.ThrowOf(device);
    }
}
