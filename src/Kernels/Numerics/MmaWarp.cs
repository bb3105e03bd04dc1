using System.Runtime.CompilerServices;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// The instructions of NVIDIA GPUs behind the digit products, one method each: what the 32 threads of a warp do
/// together, copies from global to shared memory that go on while the thread works, and bytes in a register.
/// <see cref="MmaWarpPtx"/> says what they are on CUDA. Shared memory is addressed by 32-bit numbers of its own, as the
/// instructions want it.
/// </summary>
/// <remarks>
/// No device but CUDA has them. The bodies below are never read by ILGPU's compilers; they run on its CPU accelerator, which
/// is what tests do. What threads do together, and what waits, they hand over to <see cref="Simulator"/>, which only tests have.
/// </remarks>
internal static class MmaWarp
{
    /// <summary>Threads that work as one.</summary>
    public const int Size = 32;

    /// <summary>What plays a warp on ILGPU's CPU accelerator; null outside tests.</summary>
    public static IWarpSimulator? Simulator { get; set; }

    private static IWarpSimulator Lanes => Simulator ?? throw new NotSupportedException("tensor-core kernels run on CUDA only");

    /// <summary>The shared address of a group's memory: what is added to it are bytes.</summary>
    /// <param name="first">Its first byte; a kernel has one such memory.</param>
    /// <param name="bytes">Its length, for the simulator.</param>
    [IntrinsicImplementation]
    public static int SharedAddress(ref byte first, int bytes) => Lanes.SharedAddress(ref first, bytes);

    /// <summary>Starts to copy 16 bytes past L1; both addresses are multiples of 16.</summary>
    [IntrinsicImplementation]
    public static void CopyAsync16(int shared, ref byte global) => Lanes.CopyAsync(shared, ref global, 16);

    /// <summary>Starts to copy 8 bytes; both addresses are multiples of 8.</summary>
    [IntrinsicImplementation]
    public static void CopyAsync8(int shared, ref uint global) => Lanes.CopyAsync(shared, ref Unsafe.As<uint, byte>(ref global), 8);

    /// <summary>
    /// Waits until all copies that this thread has started are done. Those of other threads can be read only after a barrier
    /// behind this.
    /// </summary>
    [IntrinsicImplementation]
    public static void WaitForCopies() => Lanes.WaitForCopies();

    /// <summary>
    /// ldmatrix.x4: four matrices of 8 rows of 16 bytes. Lanes 8 i .. 8 i + 7 name the rows of matrix i; a lane gets bytes
    /// 4 (lane % 4) .. + 3 of row lane / 4 of each of the four.
    /// </summary>
    [IntrinsicImplementation]
    public static Int4 LoadMatrix(int shared) => Lanes.LoadMatrix(shared);

    /// <summary>The 32-bit word at a shared address.</summary>
    [IntrinsicImplementation]
    public static int LoadWord(int shared) => Lanes.LoadWord(shared);

    /// <summary>
    /// mma.m16n8k32: C[16, 8] + A[16, 32] B[32, 8], A in unsigned and B in signed bytes, sums in 32 bits that wrap. With
    /// g = lane / 4 and t = lane % 4 a lane holds A[g, 4 t ..], A[g + 8, 4 t ..], A[g, 16 + 4 t ..], A[g + 8, 16 + 4 t ..];
    /// B[4 t .., g], B[16 + 4 t .., g]; and C[g, 2 t], C[g, 2 t + 1], C[g + 8, 2 t], C[g + 8, 2 t + 1].
    /// </summary>
    [IntrinsicImplementation]
    public static Int4 MultiplyAdd(Int4 c, Int4 a, int b0, int b1) => Lanes.MultiplyAdd(c, a, b0, b1);

    /// <summary>prmt in its sign mode: byte i of the result is 0xFF where bit 8 i + 7 is set, else 0.</summary>
    [IntrinsicImplementation]
    public static int SpreadSigns(int value) => (int)((((uint)value >> 7) & 0x01010101u) * 0xFFu);

    /// <summary>dp4a: c + the sum of four products, of unsigned bytes of a and signed ones of b; sm_61 and newer.</summary>
    [IntrinsicImplementation]
    public static int DotAdd(int c, int a, int b) =>
        c + ((byte)a * (sbyte)b) + ((byte)(a >> 8) * (sbyte)(b >> 8))
        + ((byte)(a >> 16) * (sbyte)(b >> 16)) + ((byte)(a >> 24) * (sbyte)(b >> 24));

    /// <summary>The nearest integer, ties to even.</summary>
    /// <param name="value">Of magnitude below 2^63.</param>
    [IntrinsicImplementation]
    public static long Round(float value) => (long)MathF.Round(value, MidpointRounding.ToEven);
}

/// <summary>One warp's instructions in plain .NET, called by each of its threads; see <see cref="MmaWarp"/>.</summary>
internal interface IWarpSimulator
{
    int SharedAddress(ref byte first, int bytes);

    void CopyAsync(int shared, ref byte global, int bytes);

    void WaitForCopies();

    Int4 LoadMatrix(int shared);

    int LoadWord(int shared);

    Int4 MultiplyAdd(Int4 c, Int4 a, int b0, int b1);
}
