using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuMlp.Kernels.Simd;

/// <summary>
/// Sixteen float32 lanes, however wide the machine's registers are. Every CPU kernel is written once over this contract
/// and compiled by the JIT for each width, so all widths do the same operations in the same order: the same bits.
/// </summary>
/// <remarks>
/// Multiply-add is always fused (one rounding), also where the machine emulates it. Masks are lanes with all bits set or
/// clear. Loads and stores need no alignment.
/// </remarks>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>How many times sixteen columns the sparse product keeps in registers at once.</summary>
    static abstract int SparseTile { get; }

    /// <summary>Likewise sixteen images for the weight-sparse product: 1, 2, 4 or 8.</summary>
    static abstract int ImageTile { get; }

    /// <summary>Likewise for the dense product, which keeps four rows of them.</summary>
    static abstract int DenseTile { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Load(float* source);

    static abstract void Store(TSelf value, float* target);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>a * b + c with one rounding.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>The larger one; NaN when either is NaN.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>
    /// a where it is above 0, else a zero (of either sign); NaN stays NaN. One instruction, where <see cref="Max"/>, which must
    /// look after NaN and signs on both sides, is several.
    /// </summary>
    static abstract TSelf Relu(TSelf a);

    static abstract TSelf Abs(TSelf a);

    /// <summary>Mask of a &gt; b; false for NaN.</summary>
    static abstract TSelf Greater(TSelf a, TSelf b);

    /// <summary>Mask of a &gt;= b; false for NaN.</summary>
    static abstract TSelf GreaterOrEqual(TSelf a, TSelf b);

    /// <summary>Where the mask is set <paramref name="whenSet"/>, elsewhere <paramref name="whenClear"/>.</summary>
    static abstract TSelf Select(TSelf mask, TSelf whenSet, TSelf whenClear);

    /// <summary>2 to the power of an integral value in -126 .. 127, exact.</summary>
    static abstract TSelf PowerOfTwo(TSelf integral);

    /// <summary>The nearest integer, ties to even; |a| below 2^22.</summary>
    static abstract TSelf RoundToInteger(TSelf a);

    /// <summary>The sum of all lanes as the tree 16, 8, 4, 2, 1 (halves added to each other).</summary>
    static abstract float Sum(TSelf a);
}

/// <summary>The mask of the first lanes, for the ragged end of a row.</summary>
internal static unsafe class LaneMask
{
    public const int Lanes = 16;

    // Sixteen set lanes, then sixteen clear ones; a window into it is the mask of any count.
    private static readonly float* s_table = CreateTable();

    /// <summary>A pointer to sixteen mask lanes of which the first <paramref name="count"/> (0..16) are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* First(int count) => s_table + Lanes - count;

    private static float* CreateTable()
    {
        float* table = (float*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(2 * Lanes, sizeof(float));
        for (int lane = 0; lane < Lanes; lane++)
            ((int*)table)[lane] = -1;
        return table;
    }
}

/// <summary>The register widths that kernels are compiled for.</summary>
public enum SimdWidth
{
    /// <summary>128-bit registers (SSE, ARM64 AdvSimd), or whatever the runtime does in their stead.</summary>
    V128 = 128,

    /// <summary>256-bit registers with fused multiply-add (AVX2).</summary>
    V256 = 256,

    /// <summary>512-bit registers (AVX-512).</summary>
    V512 = 512,
}

/// <summary>What this machine runs fast.</summary>
public static class SimdSupport
{
    /// <summary>The widest registers that the machine has and the runtime recommends.</summary>
    public static SimdWidth Best { get; } = Vector512.IsHardwareAccelerated ? SimdWidth.V512
        : Vector256.IsHardwareAccelerated ? SimdWidth.V256
        : SimdWidth.V128;

    /// <summary>Every width that is native here; 128 is always in it, since the runtime emulates it where needed.</summary>
    public static IReadOnlyList<SimdWidth> Available { get; } =
        [.. new[] { SimdWidth.V128, SimdWidth.V256, SimdWidth.V512 }.Where(width => width <= Best)];
}
