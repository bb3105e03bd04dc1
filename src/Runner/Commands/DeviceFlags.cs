using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Devices;

namespace GpuMlp.Runner.Commands;

/// <summary>What <c>--device</c> and <c>--threads</c> say, of every command that has them.</summary>
internal static class DeviceFlags
{
    /// <summary>CPU threads where nobody says how many: one a core.</summary>
    public static int UsualThreads => Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);

    /// <exception cref="UserErrorException">No such kind of device.</exception>
    public static DeviceRequest Request(string? device) => DeviceRequest.Parse("--device", device ?? "auto");

    /// <exception cref="UserErrorException">No whole number from 1 to <see cref="CpuDevice.MostThreads"/>.</exception>
    public static int Threads(string? threads) =>
        threads is null ? UsualThreads : ListFlags.Whole("--threads", threads, 1, CpuDevice.MostThreads);

    /// <summary>The devices themselves.</summary>
    /// <exception cref="UserErrorException">As above; or a device that is not there (70).</exception>
    public static DeviceSelection Find(string? device, string? threads) =>
        DeviceSelection.Find("--device", Request(device), Threads(threads));
}
