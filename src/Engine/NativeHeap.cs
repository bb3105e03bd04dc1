using System.Runtime.InteropServices;

namespace GpuMlp.Engine;

/// <summary>The heap of the C library, in which DuckDB, Skia and CPU devices have their memory.</summary>
public static partial class NativeHeap
{
    // M_MMAP_THRESHOLD of glibc's malloc.h, and the threshold that it begins with.
    private const int MapThreshold = -3, Bytes = 128 << 10;

    /// <summary>
    /// From now on large blocks go back to the system when they are freed. glibc raises its threshold to the largest block that was ever
    /// freed, up to 32 MiB, and keeps what is smaller: a hundred megabytes and more after training, on top of which plots and report came.
    /// Where the C library is another one, nothing happens.
    /// </summary>
    public static void ReturnLargeBlocks()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetOption(MapThreshold, Bytes);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such options.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
