using System.Runtime.InteropServices;

namespace GpuMlp.Engine;

/// <summary>What the system lets this process have, as <c>ulimit</c> sets it: looked at on Linux alone.</summary>
public static partial class ProcessLimits
{
    /// <summary>
    /// Least number of open files. A sweep of one cohort had 108 open at once, one of 300 cohorts 115, most of them assemblies
    /// of .NET; the driver of a GPU has some dozens.
    /// </summary>
    public const int LeastFiles = 256;

    /// <summary>
    /// Least address space, in bytes. .NET takes half of what there is for its heap, and 2 GiB for code, before anything is
    /// asked for; a small sweep failed with 4 GiB and worked with 6.
    /// </summary>
    public const long LeastAddressSpace = 8L << 30;

    private const int AddressSpace = 9, Files = 7;

    /// <summary>
    /// The limit of open files if it is too low, else null. It loads no assembly and opens no file, so that the answer is
    /// there where nothing else is.
    /// </summary>
    public static string? FilesProblem() => Soft(Files) < LeastFiles ? TooFewFiles : null;

    /// <summary>Before work that trains or merges; what only looks at files does with less.</summary>
    /// <exception cref="UserErrorException">Too little address space.</exception>
    public static void CheckAddressSpace()
    {
        if (Soft(AddressSpace) is { } bytes && bytes < LeastAddressSpace)
        {
            throw new UserErrorException(
                $"ulimit -v: {bytes >> 10} KiB of address space are too few; it must be at least {LeastAddressSpace >> 10}, or unlimited");
        }
    }

    /// <summary>For errors of a process that has come to its limit of open files.</summary>
    public static string TooFewFiles
        => "ulimit -n: " + (Soft(Files) ?? 0).ToString(null, null) + " open files are too few; it must be at least 256";

    /// <summary>For errors of a process without memory: a limit of its own, if it has one, else nothing.</summary>
    public static string AddressSpaceNote() =>
        Soft(AddressSpace) is { } bytes ? $" (this process may have {bytes >> 20:N0} MiB of address space: ulimit -v)" : "";

    // Null for no limit. .NET itself raises the soft limit of files to the hard one when it starts.
    private static ulong? Soft(int resource)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        Span<ulong> limits = stackalloc ulong[2];
        return GetLimit(resource, ref MemoryMarshal.GetReference(limits)) == 0 && limits[0] <= long.MaxValue ? limits[0] : null;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ref ulong softThenHard);
}
