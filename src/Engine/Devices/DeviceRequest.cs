using System.Globalization;
using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Devices;

/// <summary>What <c>--device</c> asks for.</summary>
/// <param name="Kind">Null: the best there is.</param>
/// <param name="Index">Null: all devices of the kind.</param>
public sealed record DeviceRequest(AcceleratorType? Kind, int? Index)
{
    /// <summary>The best accelerator there is.</summary>
    public static DeviceRequest Auto { get; } = new(null, null);

    /// <param name="flag">For messages.</param>
    /// <param name="text"><c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>cuda:0</c>, <c>opencl</c>, <c>opencl:1</c>.</param>
    /// <exception cref="UserErrorException">Something else.</exception>
    public static DeviceRequest Parse(string flag, string text)
    {
        string[] parts = text.Split(':', 2);
        AcceleratorType? kind = parts[0] switch
        {
            "cpu" => AcceleratorType.CPU,
            "cuda" => AcceleratorType.Cuda,
            "opencl" => AcceleratorType.OpenCL,
            _ => null,
        };
        if (parts.Length == 1 && (kind is not null || text == "auto"))
            return new DeviceRequest(kind, null);
        bool takesIndex = kind is AcceleratorType.Cuda or AcceleratorType.OpenCL;
        return takesIndex && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            ? new DeviceRequest(kind, index)
            : throw new UserErrorException(
                $"{flag}: '{OneLine.Of(text)}' is unknown; take auto, cpu, cuda, opencl, or one device such as cuda:0");
    }

    /// <summary>As it is typed.</summary>
    public override string ToString() => Kind is { } kind ? DeviceInfo.NameOf(kind) + (Index is { } index ? $":{index}" : "") : "auto";
}
