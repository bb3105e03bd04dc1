using System.Runtime.InteropServices;

namespace GpuMlp.Kernels.Devices;

/// <summary>Asks OpenCL's loader itself, because ILGPU lists nothing, and says nothing, when there is no driver.</summary>
internal static unsafe class OpenClDriver
{
    // cl_khr_icd: the loader works, but no vendor has registered a driver.
    private const int Success = 0, PlatformNotFound = -1001;

    /// <summary>Why there is no OpenCL platform, as part of a sentence; null when there is at least one.</summary>
    public static string? Problem()
    {
        if (!NativeLibrary.TryLoad(NativeLibraries.OpenCL, out IntPtr library))
            return $"no OpenCL ({NativeLibraries.OpenCL} is not installed)";
        if (!NativeLibrary.TryGetExport(library, "clGetPlatformIDs", out IntPtr getPlatforms))
            return $"{NativeLibraries.OpenCL} is not an OpenCL loader";
        uint platforms = 0;
        int code = ((delegate* unmanaged<uint, IntPtr*, uint*, int>)getPlatforms)(0, null, &platforms);
        if (code == PlatformNotFound || (code == Success && platforms == 0))
            return "OpenCL has no driver (an ICD in /etc/OpenCL/vendors, such as the GPU vendor's)";
        return code == Success ? null : $"OpenCL does not start: error {code}";
    }
}
