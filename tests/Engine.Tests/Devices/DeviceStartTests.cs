using GpuMlp.Engine.Devices;
using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Tests.Devices;

/// <summary>Devices that are opened ahead of their work; that sweeps on them have the same bytes is <c>tests/opencl/check.sh</c>.</summary>
public sealed class DeviceStartTests
{
    private static readonly DeviceInfo s_absent = new(AcceleratorType.OpenCL, 99, "Arc", 16L << 30, 32, "", IsGpu: true, Skipped: null);

    [Fact]
    public void A_CPU_is_not_given_away()
    {
        var cpu = DeviceSelection.Cpu(2);
        using var start = DeviceStart.Begin(cpu);
        Assert.Null(start.Take(cpu.Devices[0]));
    }

    [Fact]
    public void A_device_that_cannot_be_opened_is_left_to_whoever_needs_it()
    {
        using var start = DeviceStart.Begin(new DeviceSelection([s_absent], 1, null));
        Assert.Null(start.Take(s_absent));
        Assert.Null(start.Take(s_absent));
    }

    [Fact]
    public void Starts_may_be_given_up_at_any_moment()
    {
        for (int times = 0; times < 50; times++)
        {
            using var start = DeviceStart.Begin(new DeviceSelection([DeviceList.Cpu(), s_absent], 1, null));
            if (times % 2 == 0)
                start.Leave([s_absent]);
        }
    }
}
