using ILGPU.Runtime;

namespace GpuMlp.Kernels.Devices;

/// <summary>An accelerator of this machine, usable or not.</summary>
/// <param name="Kind">CPU, CUDA or OpenCL.</param>
/// <param name="Index">Its number among the usable ones of its kind, from 0; -1 for one that is skipped.</param>
/// <param name="Name">As the driver calls it.</param>
/// <param name="MemoryBytes">Of the device, in bytes; 0 when unknown.</param>
/// <param name="Units">Cores, streaming multiprocessors or OpenCL compute units; 0 when unknown.</param>
/// <param name="Driver">Version of the driver, for OpenCL with its platform; empty when there is none.</param>
/// <param name="IsGpu">False for a CPU, also one that OpenCL offers.</param>
/// <param name="Skipped">Why it cannot be used, as part of a sentence; null when it can.</param>
public sealed record DeviceInfo(
    AcceleratorType Kind, int Index, string Name, long MemoryBytes, int Units, string Driver, bool IsGpu, string? Skipped)
{
    /// <summary>The kind as flags and tables have it: <c>cpu</c>, <c>cuda</c>, <c>opencl</c>.</summary>
    public string KindName => NameOf(Kind);

    /// <summary>What <c>--device</c> takes: <c>cpu</c>, <c>cuda:0</c>; only the kind for one that is skipped.</summary>
    public string Id => Kind == AcceleratorType.CPU || Index < 0 ? KindName : $"{KindName}:{Index}";

    public bool IsUsable => Skipped is null;

    /// <summary>For messages: <c>cuda:0 (NVIDIA H100)</c>.</summary>
    public override string ToString() => $"{Id} ({Name})";

    public static string NameOf(AcceleratorType kind) => kind switch
    {
        AcceleratorType.CPU => "cpu",
        AcceleratorType.Cuda => "cuda",
        _ => "opencl",
    };
}
