using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// Brings what a kernel body throws on a CPU device from the thread that ran it to the one that launched it. ILGPU lets it
/// end the process, without a word to the launch, which waits for a thread that is no more. Only the first of a launch is kept.
/// </summary>
/// <remarks>
/// Kernel arguments hold no references, so a device has a number. Bodies are called in try blocks, which ILGPU cannot read:
/// they stand behind <c>[IntrinsicImplementation]</c>. An index out of an ArrayView's range is no exception; ILGPU ends the process.
/// </remarks>
internal static class CpuFaults
{
    private static readonly ConcurrentDictionary<int, ExceptionDispatchInfo> s_first = [];
    private static int s_devices;

    /// <summary>A number that no other device of this process has; above 0.</summary>
    public static int NewDevice() => Interlocked.Increment(ref s_devices);

    /// <summary>Called where the body threw.</summary>
    /// <param name="device">On which it ran.</param>
    public static void Keep(int device, Exception error) => s_first.TryAdd(device, ExceptionDispatchInfo.Capture(error));

    /// <summary>Called after a launch: throws what a body of it threw, with the place where.</summary>
    public static void ThrowOf(int device)
    {
        if (s_first.TryRemove(device, out ExceptionDispatchInfo? error))
            error.Throw();
    }
}
