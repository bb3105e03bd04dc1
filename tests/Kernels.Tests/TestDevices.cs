using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The GPUs of this machine, each opened once. Where there is none of a kind a test is skipped with the reason, unless the
/// environment variable says that it must be there: GPUMLP_TEST_DEVICES, kinds separated by commas, as <c>opencl,cuda</c>.
/// </summary>
internal static class TestDevices
{
    private static readonly Lazy<IReadOnlyList<DeviceInfo>> s_found = new(DeviceList.Find);
    private static readonly Dictionary<AcceleratorType, GpuDevice> s_open = [];
    private static readonly Lock s_lock = new();

    /// <summary>Runs a test on the first device of a kind; one at a time, since a device belongs to one thread at a time.</summary>
    public static void Use(AcceleratorType kind, Action<GpuDevice> test)
    {
        DeviceInfo? info = s_found.Value.FirstOrDefault(device => device.Kind == kind && device.IsUsable);
        string name = DeviceInfo.NameOf(kind);
        if (info is null)
        {
            string reason = $"no {name} device: {string.Join("; ", s_found.Value.Where(device => device.Kind == kind).Select(device => device.Skipped))}";
            string[] needed = (Environment.GetEnvironmentVariable("GPUMLP_TEST_DEVICES") ?? "").Split(',', StringSplitOptions.TrimEntries);
            Assert.False(needed.Contains(name), reason);
            Assert.Skip(reason);
        }
        lock (s_lock)
        {
            if (!s_open.TryGetValue(kind, out GpuDevice? device))
                s_open.Add(kind, device = new GpuDevice(kind, info.Index));
            test(device);
        }
    }
}
