using ILGPU;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Numerics;

/// <summary>What the threads of a group do together.</summary>
internal static class GpuGroup
{
    /// <summary>
    /// Every thread of the group arrives, and sees what the others wrote to shared and to global memory. ILGPU's own barrier
    /// asks OpenCL for a fence of global memory only; see <see cref="GpuIntrinsics"/>.
    /// </summary>
    [IntrinsicImplementation]
    public static void Barrier() => Group.Barrier();

    /// <summary>
    /// The value itself, read here and not later: ILGPU 1.5.3 may move a load down to its first use, past a store to the same
    /// place or a barrier in between. A value that outlives what it was read from must go through this.
    /// </summary>
    [IntrinsicImplementation]
    public static int Keep(int value) => value;

    /// <inheritdoc cref="Keep(int)"/>
    [IntrinsicImplementation]
    public static long Keep(long value) => value;

    /// <inheritdoc cref="Keep(int)"/>
    [IntrinsicImplementation]
    public static float Keep(float value) => value;
}
