using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuMlp.Kernels.Devices;

/// <summary>A CUDA or OpenCL device with a context and a stream of its own. Work on it is only started by its calls.</summary>
public sealed class GpuDevice : ComputeDevice
{
    private readonly Context _context;

    /// <param name="kind">CUDA or OpenCL.</param>
    /// <param name="index">As in <see cref="DeviceInfo.Index"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another kind, or no such device.</exception>
    public GpuDevice(AcceleratorType kind, int index)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(kind, AcceleratorType.CPU);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        NativeLibraries.Install();

        _context = Context.Create(builder =>
        {
            Configure(builder);
            Register(builder, kind);
        });
        try
        {
            Device[] devices = [.. _context.Devices.Where(device => device.AcceleratorType == kind)];
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, devices.Length);
            Accelerator = devices[index].CreateAccelerator(_context);
            Stream = Accelerator.CreateStream();
            SkipsZeroPixels = devices[index] is CLDevice device && !device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU);
            Workspace = new GpuWorkspace(this);
            Digits = DigitDevices.Of(Accelerator);
        }
        catch
        {
            Accelerator?.Dispose();
            _context.Dispose();
            throw;
        }
    }

    /// <summary>Any accelerator as if it were a GPU, for tests: ILGPU's own can play the kernels on a CPU.</summary>
    /// <param name="context">Of the accelerator, made with <see cref="Configure"/>; goes when the device goes.</param>
    /// <param name="digits">What it is to have.</param>
    internal GpuDevice(Context context, Accelerator accelerator, DigitSupport digits)
    {
        _context = context;
        Accelerator = accelerator;
        Stream = accelerator.CreateStream();
        Workspace = new GpuWorkspace(this);
        Digits = digits;
    }

    public override Accelerator Accelerator { get; }

    public override AcceleratorStream Stream { get; }

    /// <summary>The same for all devices, so that their memory looks the same.</summary>
    public override int LayoutWays => 1;

    /// <summary>Only for a CPU that OpenCL offers.</summary>
    public override bool SkipsZeroPixels { get; }

    /// <summary>What it has for products of bytes.</summary>
    internal DigitSupport Digits { get; }

    /// <summary>Working memory that operations share.</summary>
    internal GpuWorkspace Workspace { get; }

    /// <summary>How work is cut; no bit depends on it.</summary>
    internal GpuTuning Tuning { get; } = new();

    /// <summary>What every context needs in which GPU kernels are compiled: full optimisation, and what their intrinsics are.</summary>
    public static void Configure(Context.Builder builder)
    {
        // Below O2 ILGPU reads and writes without telling the compiler which memory an address is in.
        builder.Optimize(OptimizationLevel.O2);
        GpuIntrinsics.Register(builder);
    }

    protected override void Dispose(bool disposing)
    {
        Workspace.Dispose();
        Stream.Dispose();
        Accelerator.Dispose();
        _context.Dispose();
    }

    private static void Register(Context.Builder builder, AcceleratorType kind)
    {
        if (kind == AcceleratorType.Cuda)
            builder.Cuda();
        else
            builder.OpenCL(device => DeviceList.Problem(device) is null);
    }
}

/// <summary>How operations cut their work on a GPU. No bit depends on it: tests change it to show that.</summary>
internal sealed class GpuTuning
{
    /// <summary>A bound on the parts in which images are dealt out, and on the chunks of a run, 1 or more.</summary>
    public int MostSegments { get; set; } = int.MaxValue;

    /// <summary>False computes small batches in large tiles.</summary>
    public bool SplitsSmall { get; set; } = true;

    /// <summary>At least so many parts of a run in a backward product of bytes.</summary>
    public int LeastSplits { get; set; } = 1;

    /// <summary>A bound on the stages of a run in products of bytes, 1 or more.</summary>
    public int MostStages { get; set; } = int.MaxValue;
}
