using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuMlp.Kernels.Devices;

/// <summary>Finds the accelerators of this machine. A driver that is absent or broken is a line of the list, never an exception.</summary>
public static class DeviceList
{
    // ILGPU compiles to OpenCL C of this version or newer.
    private const int LeastOpenCl = 2;

    /// <summary>
    /// CUDA devices, then OpenCL devices, then the CPU; the skipped ones of a kind behind its usable ones. About 0.2 s,
    /// most of it the drivers' start.
    /// </summary>
    public static IReadOnlyList<DeviceInfo> Find() => [.. FindCuda(), .. FindOpenCl(), Cpu()];

    /// <summary>This machine's CPU; its memory is what the process may use.</summary>
    public static DeviceInfo Cpu() => new(
        AcceleratorType.CPU,
        0,
        "CPU",
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads),
        "",
        IsGpu: false,
        Skipped: null);

    /// <summary>Why an OpenCL device cannot be used, as part of a sentence; null when it can.</summary>
    internal static string? Problem(CLDevice device) =>
        device.CLStdVersion.Major < LeastOpenCl
            ? $"OpenCL C {device.CLStdVersion.Major}.{device.CLStdVersion.Minor}; {LeastOpenCl}.0 is needed"
            : !device.Capabilities.GenericAddressSpace ? $"no generic address space{Hint(device)}"
        : null;

    private static List<DeviceInfo> FindCuda()
    {
        NativeLibraries.Install();
        return CudaDriver.Problem() is { } problem
            ? [Absent(AcceleratorType.Cuda, problem)]
            : List(AcceleratorType.Cuda, builder => builder.Cuda((CudaDevice _) => true), context => Number<CudaDevice>(context, Describe));
    }

    private static List<DeviceInfo> FindOpenCl()
    {
        NativeLibraries.Install();
        return OpenClDriver.Problem() is { } problem
            ? [Absent(AcceleratorType.OpenCL, problem)]
            : List(AcceleratorType.OpenCL, builder => builder.OpenCL(_ => true), context => Number<CLDevice>(context, Describe));
    }

    private static DeviceInfo Absent(AcceleratorType kind, string problem) => new(kind, -1, "", 0, 0, "", IsGpu: true, problem);

    private static List<DeviceInfo> List(AcceleratorType kind, Action<Context.Builder> register, Func<Context, List<DeviceInfo>> describe)
    {
        try
        {
            using Context context = Context.Create(register);
            List<DeviceInfo> devices = describe(context);
            return devices.Count > 0 ? devices : [Absent(kind, "the driver lists no device")];
        }
#pragma warning disable CA1031 // Whatever a driver throws while it is asked, the other devices must stay usable.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return [Absent(kind, error.Message)];
        }
    }

    // Numbers follow ILGPU's order of the devices that it accepts, since that is how one is opened again.
    private static List<DeviceInfo> Number<TDevice>(Context context, Func<TDevice, DeviceInfo> describe)
    {
        DeviceInfo[] all = [.. context.Devices.OfType<TDevice>().Select(describe)];
        return [.. all.Where(d => d.IsUsable).Select((d, index) => d with { Index = index }), .. all.Where(d => !d.IsUsable)];
    }

    private static DeviceInfo Describe(CudaDevice device)
    {
        string module = CudaDriver.ModuleVersion();
        string cuda = $"CUDA {device.DriverVersion.Major}.{device.DriverVersion.Minor}";
        string? skipped = device.Architecture is null || device.InstructionSet is null ? "ILGPU does not know this architecture" : null;
        return new DeviceInfo(
            AcceleratorType.Cuda, -1, Clean(device.Name), device.MemorySize, device.NumMultiprocessors, module.Length > 0
                ? $"{module}, {cuda}"
                : cuda, IsGpu: true, skipped);
    }

    private static DeviceInfo Describe(CLDevice device)
    {
        string driver = CLAPI.CurrentAPI.GetDeviceInfo(device.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION);
        return new DeviceInfo(
            AcceleratorType.OpenCL,
            -1,
            Clean(device.Name),
            device.MemorySize,
            device.NumMultiprocessors,
            Clean($"{Short(device.PlatformName)} {driver}"),
            device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU),
            Problem(device));
    }

    private static string Hint(CLDevice device) =>
        device.PlatformName.Contains("Portable", StringComparison.OrdinalIgnoreCase) ? " (PoCL has it from version 4)"
        : device.Vendor == CLDeviceVendor.Nvidia ? " (NVIDIA's OpenCL has none; use cuda)"
        : "";

    private static string Short(string platform)
        => platform.Contains("Portable Computing Language", StringComparison.Ordinal) ? "PoCL" : platform;

    // Drivers pad names with blanks and end them with zeros.
    private static string Clean(string text)
        => string.Join(' ', text.Split([' ', '\0', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries));
}
