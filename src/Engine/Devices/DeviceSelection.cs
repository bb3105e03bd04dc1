using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Devices;

/// <summary>The devices that a command works on, all of one kind.</summary>
/// <param name="Devices">One or more.</param>
/// <param name="Threads">Threads of the CPU, for a CPU.</param>
/// <param name="Note">Why these, when nobody asked for them by name; else null.</param>
public sealed record DeviceSelection(IReadOnlyList<DeviceInfo> Devices, int Threads, string? Note)
{
    /// <summary>Where they are being opened already; null where each is opened for its first work.</summary>
    public DeviceStart? Ahead { get; init; }

    public AcceleratorType Kind => Devices[0].Kind;

    /// <summary>For run.json and messages: <c>cpu</c>, or <c>cuda:0 NVIDIA H100, cuda:1 NVIDIA H100</c>.</summary>
    public string Name => Kind == AcceleratorType.CPU ? "cpu" : string.Join(", ", Devices.Select(device => $"{device.Id} {device.Name}"));

    /// <summary>Version of the driver; null for the CPU.</summary>
    public string? Driver => Devices[0].Driver is { Length: > 0 } driver ? driver : null;

    /// <summary>The CPU with some threads.</summary>
    public static DeviceSelection Cpu(int threads) => new([DeviceList.Cpu()], threads, null);

    /// <summary>Looks for what is asked; the drivers are not touched when it is the CPU.</summary>
    /// <exception cref="UserErrorException">It is not there: exit code 70 and the list of what is.</exception>
    public static DeviceSelection Find(string flag, DeviceRequest request, int threads) =>
        request.Kind == AcceleratorType.CPU ? Cpu(threads) : Choose(flag, request, DeviceList.Find(), threads);

    /// <summary>
    /// Chooses from a list. <c>auto</c> takes all CUDA devices, else all OpenCL GPUs, else the CPU. A CPU that OpenCL offers
    /// is never taken unasked: the CPU accelerator is faster on the same cores.
    /// </summary>
    /// <exception cref="UserErrorException">It is not there: exit code 70 and the list of what is.</exception>
    public static DeviceSelection Choose(string flag, DeviceRequest request, IReadOnlyList<DeviceInfo> list, int threads)
    {
        DeviceInfo[] usable = [.. list.Where(device => device.IsUsable)];
        if (request.Kind is { } kind)
        {
            DeviceInfo[] asked = [.. usable.Where(device => device.Kind == kind && (request.Index ?? device.Index) == device.Index)];
            return asked.Length > 0
                ? new DeviceSelection(asked, threads, null)
                : throw new UserErrorException($"{flag}: {Absent(request, kind, list)}; there {Present(usable)}", ExitCodes.DeviceAbsent);
        }

        DeviceInfo[] cuda = [.. usable.Where(device => device.Kind == AcceleratorType.Cuda)];
        if (cuda.Length > 0)
            return new DeviceSelection(cuda, threads, "auto took CUDA");
        DeviceInfo[] gpus = [.. usable.Where(device => device.Kind == AcceleratorType.OpenCL && device.IsGpu)];
        return gpus.Length > 0
            ? new DeviceSelection(gpus, threads, "auto took OpenCL: no CUDA device here")
            : new DeviceSelection(
                [.. usable.Where(device => device.Kind == AcceleratorType.CPU)],
                threads,
                "auto took the CPU: no GPU here that can be used");
    }

    private static string Absent(DeviceRequest request, AcceleratorType kind, IReadOnlyList<DeviceInfo> list)
    {
        DeviceInfo[] ofKind = [.. list.Where(device => device.Kind == kind)];
        string[] reasons = [.. ofKind.Where(device => !device.IsUsable).Select(Reason).Distinct()];
        return $"no {request} on this machine" + (reasons.Length > 0 ? $" ({string.Join("; ", reasons)})" : "");
    }

    private static string Reason(DeviceInfo device) => device.Name.Length > 0 ? $"{device.Name}: {device.Skipped}" : device.Skipped!;

    private static string Present(DeviceInfo[] usable) =>
        (usable.Length == 1 ? "is " : "are ")
            + string.Join(", ", usable.Select(device => device.Kind == AcceleratorType.CPU ? "cpu" : $"{device.Id} ({device.Name})"));
}
