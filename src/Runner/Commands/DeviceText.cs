using GpuMlp.Engine.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;

namespace GpuMlp.Runner.Commands;

/// <summary>Devices in words.</summary>
internal static class DeviceText
{
    /// <summary>What is worked on, and why, when <c>auto</c> chose it: <c>the CPU (2 threads, 512 bit; auto took ...)</c>.</summary>
    public static string Of(DeviceSelection devices)
    {
        string note = devices.Note is { } text ? $"; {text}" : "";
        return devices.Kind == AcceleratorType.CPU
            ? $"the CPU ({devices.Threads} threads, {(int)SimdSupport.Best} bit{note})"
            : devices.Name + (devices.Note is { } why ? $" ({why})" : "");
    }
}
