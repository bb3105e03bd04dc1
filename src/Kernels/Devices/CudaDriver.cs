using System.Globalization;
using System.Runtime.InteropServices;

namespace GpuMlp.Kernels.Devices;

/// <summary>Asks the CUDA driver itself, because ILGPU lists nothing, and says nothing, when the driver cannot start.</summary>
internal static unsafe class CudaDriver
{
    private const int Success = 0;

    /// <summary>Why there is no CUDA device, as part of a sentence; null when the driver has at least one.</summary>
    public static string? Problem()
    {
        if (!NativeLibrary.TryLoad(NativeLibraries.Cuda, out IntPtr library))
            return $"no CUDA driver ({NativeLibraries.Cuda} is not installed)";
        if (!NativeLibrary.TryGetExport(library, "cuInit", out IntPtr init)
            || !NativeLibrary.TryGetExport(library, "cuDeviceGetCount", out IntPtr getCount))
        {
            return $"{NativeLibraries.Cuda} is not a CUDA driver";
        }

        int code = ((delegate* unmanaged<uint, int>)init)(0);
        if (code != Success)
            return $"the CUDA driver does not start: {Describe(library, code)}";
        int count = 0;
        code = ((delegate* unmanaged<int*, int>)getCount)(&count);
        if (code != Success)
            return $"the CUDA driver counts no devices: {Describe(library, code)}";
        return count > 0 ? null : "the CUDA driver sees no GPU";
    }

    /// <summary>As the kernel module calls itself, such as <c>535.104.05</c>; empty where it does not tell (Windows, WSL).</summary>
    public static string ModuleVersion()
    {
        // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 ..."
        const string Version = "/proc/driver/nvidia/version";
        try
        {
            string line = File.Exists(Version) ? File.ReadLines(Version).FirstOrDefault() ?? "" : "";
            return line.Split(' ').FirstOrDefault(word => word.Contains('.') && char.IsAsciiDigit(word[0])) ?? "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Describe(IntPtr library, int code)
    {
        string number = code.ToString(CultureInfo.InvariantCulture);
        byte* text = null;
        return NativeLibrary.TryGetExport(library, "cuGetErrorString", out IntPtr describe)
            && ((delegate* unmanaged<int, byte**, int>)describe)(code, &text) == Success && text is not null
            ? $"{Marshal.PtrToStringUTF8((IntPtr)text)} ({number})"
            : $"error {number}";
    }
}
