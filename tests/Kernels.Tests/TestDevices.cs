using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The GPUs of this machine, each opened once. Where there is none of a kind its tests are left out, and one is skipped with the
/// reason and their number, unless the environment variable says that it must be there: GPUMLP_TEST_DEVICES, kinds separated by
/// commas, as <c>opencl,cuda</c>.
/// </summary>
internal static class TestDevices
{
    private static readonly Lazy<IReadOnlyList<DeviceInfo>> s_found = new(DeviceList.Find);
    private static readonly Dictionary<AcceleratorType, GpuDevice> s_open = [];
    private static readonly Lock s_lock = new();

    public static bool IsThereOrNeeded(AcceleratorType kind) => First(kind) is not null || IsNeeded(kind);

    /// <summary>Skips the test where there is no such device, or fails it where there must be one.</summary>
    public static void Require(AcceleratorType kind, string consequence)
    {
        if (First(kind) is not null)
            return;
        string why = string.Join("; ", s_found.Value.Where(device => device.Kind == kind).Select(device => device.Skipped));
        string reason = $"no {DeviceInfo.NameOf(kind)} device: {why}; {consequence}";
        Assert.False(IsNeeded(kind), reason);
        Assert.Skip(reason);
    }

    /// <summary>Runs a test on the first device of a kind; one at a time, since a device belongs to one thread at a time.</summary>
    public static void Use(AcceleratorType kind, Action<GpuDevice> test)
    {
        Require(kind, "not tested");
        DeviceInfo info = First(kind)!;
        lock (s_lock)
        {
            if (!s_open.TryGetValue(kind, out GpuDevice? device))
                s_open.Add(kind, device = new GpuDevice(kind, info.Index));
            test(device);
        }
    }

    private static DeviceInfo? First(AcceleratorType kind)
        => s_found.Value.FirstOrDefault(device => device.Kind == kind && device.IsUsable);

    private static bool IsNeeded(AcceleratorType kind) =>
        (Environment.GetEnvironmentVariable("GPUMLP_TEST_DEVICES") ?? "").Split(',', StringSplitOptions.TrimEntries)
            .Contains(DeviceInfo.NameOf(kind));
}
