using System.Runtime.InteropServices;

namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// Memory in which a thread works on one block of a cohort: taken once and kept, since a cohort is launched hundreds of times.
/// It belongs to the thread, so that memory does not grow with the cohort, and is not cleared.
/// </summary>
internal sealed unsafe class ThreadScratch
{
    private const int LineBytes = 64;

    [ThreadStatic]
    private static ThreadScratch? s_own;

    private byte* _memory;
    private long _bytes;

    ~ThreadScratch()
    {
        NativeMemory.AlignedFree(_memory);
    }

    /// <summary>At least so many bytes, from a cache line on; valid until the thread asks again.</summary>
    public static byte* Take(long bytes)
    {
        ThreadScratch own = s_own ??= new ThreadScratch();
        if (own._bytes < bytes)
        {
            NativeMemory.AlignedFree(own._memory);
            own._memory = null;
            own._bytes = 0;
            own._memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, LineBytes);
            own._bytes = bytes;
        }
        return own._memory;
    }
}
