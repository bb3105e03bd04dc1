using System.Runtime.InteropServices;

namespace GpuMlp.Engine;

/// <summary>The heap of the C library, in which DuckDB, Skia and CPU devices have their memory.</summary>
public static partial class NativeHeap
{
    /// <summary>
    /// Gives what is free in it back to the system. glibc keeps freed blocks of up to 32 MiB: a hundred megabytes and more after training,
    /// on top of which plots and report would come. Takes milliseconds; where the C library is another one, nothing happens.
    /// </summary>
    public static void ReturnFreed()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such call.
        }
    }

    /// <param name="kept">Bytes that stay at the end of the heap.</param>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
