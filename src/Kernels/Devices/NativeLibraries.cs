using System.Runtime.InteropServices;
using ILGPU;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// Finds the drivers' libraries by the names that a machine without developer packages has. ILGPU asks for the names
/// without a version (libOpenCL.so, libcuda.so), which only such packages, or nobody, install.
/// </summary>
internal static class NativeLibraries
{
    private static readonly Lazy<bool> s_installed = new(() =>
    {
        NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (name, assembly, path) => Load(name));
        return true;
    });

    /// <summary>Before the first context is made; more calls do nothing.</summary>
    public static void Install() => _ = s_installed.Value;

    /// <summary>The loader of OpenCL drivers.</summary>
    public static string OpenCL => OperatingSystem.IsWindows() ? "OpenCL" : "libOpenCL.so.1";

    /// <summary>The CUDA driver's library; it comes with the driver, not with the toolkit.</summary>
    public static string Cuda => OperatingSystem.IsWindows() ? "nvcuda" : "libcuda.so.1";

    /// <summary>Whether the system finds a library by this name.</summary>
    public static bool Exists(string name) => NativeLibrary.TryLoad(name, out _);

    // Zero lets the runtime search by its own rules, as it would without us.
    private static IntPtr Load(string name)
    {
        string? versioned = OperatingSystem.IsLinux() ? name switch { "OpenCL" => OpenCL, "cuda" => Cuda, _ => null } : null;
        return versioned is not null && NativeLibrary.TryLoad(versioned, out IntPtr handle) ? handle : IntPtr.Zero;
    }
}
