using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// Sixteen float32 lanes, however wide the machine's registers are. Every CPU kernel is written once over this contract
/// and compiled by the JIT for each width, so all widths do the same operations in the same order: the same bits.
/// </summary>
/// <remarks>
/// Multiply-add is always fused (one rounding), also where the machine emulates it. Masks are lanes with all bits set or
/// clear. Loads and stores need no alignment.
/// </remarks>
internal unsafe interface ILanes<TSelf> : IReal<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>How many times sixteen columns the sparse product keeps in registers at once.</summary>
    static abstract int SparseTile { get; }

    /// <summary>Likewise the exact product, which keeps two sums a column: 1 to 8.</summary>
    static abstract int DigitTile { get; }

    /// <summary>Likewise sixteen images for maps over compressed weights: 1, 2, 4 or 8.</summary>
    static abstract int ImageTile { get; }

    /// <summary>Likewise sixteen images in float64: 1, 2 or 4.</summary>
    static abstract int TileOfDoubles { get; }

    static abstract TSelf Load(float* source);

    static abstract void Store(TSelf value, float* target);

    /// <summary>The largest integer not above a.</summary>
    static abstract TSelf Floor(TSelf a);

    /// <summary>The nearest integer, ties to even, of any a.</summary>
    static abstract TSelf Round(TSelf a);

    /// <summary>The sum of all lanes as the tree 16, 8, 4, 2, 1 (halves added to each other).</summary>
    static abstract float Sum(TSelf a);

    // The same 64 bytes as integers: sixteen of 32 bits, or thirty-two of 16.

    /// <summary>Sixteen times the same 32 bits.</summary>
    static abstract TSelf BroadcastBits(uint bits);

    static abstract TSelf And(TSelf a, TSelf b);

    static abstract TSelf Or(TSelf a, TSelf b);

    static abstract TSelf AddInts(TSelf a, TSelf b);

    static abstract TSelf SubtractInts(TSelf a, TSelf b);

    static abstract TSelf MaxInts(TSelf a, TSelf b);

    static abstract TSelf ShiftLeftInts(TSelf a, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte count);

    /// <summary>Keeps the sign.</summary>
    static abstract TSelf ShiftRightInts(TSelf a, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte count);

    /// <summary>By as many bits as <paramref name="counts"/> says, the same 0 .. 31 in all lanes.</summary>
    static abstract TSelf ShiftLeftInts(TSelf a, TSelf counts);

    /// <inheritdoc cref="ShiftLeftInts(TSelf, TSelf)"/>
    /// <remarks>Keeps the sign.</remarks>
    static abstract TSelf ShiftRightInts(TSelf a, TSelf counts);

    /// <summary>Thirty-two numbers of 16 bits.</summary>
    static abstract TSelf ShiftLeftShorts(TSelf a, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte count);

    /// <inheritdoc cref="ShiftLeftShorts"/>
    /// <remarks>Keeps the sign.</remarks>
    static abstract TSelf ShiftRightShorts(TSelf a, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte count);

    /// <summary>
    /// sum + products of signed 16-bit numbers, those of neighbours added: sixteen sums of 32 bits. The second factor comes from
    /// memory, so that the load is part of the instruction.
    /// </summary>
    /// <param name="at">Numbers from b on. A constant, which becomes part of every load's address where registers are narrower.</param>
    static abstract TSelf MultiplyAddPairs(TSelf sum, TSelf a, short* b, [System.Diagnostics.CodeAnalysis.ConstantExpected] int at);

    /// <summary>Eight products of 64 bits, of lanes 0, 2, 4 ...</summary>
    static abstract TSelf MultiplyEvenInts(TSelf a, TSelf b);

    /// <summary>Eight products of 64 bits, of lanes 1, 3, 5 ...</summary>
    static abstract TSelf MultiplyOddInts(TSelf a, TSelf b);

    /// <summary>Eight sums of 64 bits.</summary>
    static abstract TSelf AddLongs(TSelf a, TSelf b);

    /// <summary>Rounded to float32, ties to even; exact up to 2^24.</summary>
    static abstract TSelf IntsToFloats(TSelf a);

    /// <summary>The nearest 32-bit integer, ties to even, of each float32; |a| below 2^31.</summary>
    static abstract TSelf RoundToInts(TSelf a);

    // As eight float64, two of which make sixteen lanes: low lanes 0 .. 7, high lanes 8 .. 15.

    static abstract TSelf BroadcastDouble(double value);

    static abstract TSelf LowIntsToDoubles(TSelf a);

    static abstract TSelf HighIntsToDoubles(TSelf a);

    static abstract TSelf LowToDoubles(TSelf a);

    static abstract TSelf HighToDoubles(TSelf a);

    /// <summary>Rounded once to float32, ties to even.</summary>
    static abstract TSelf DoublesToFloats(TSelf low, TSelf high);

    /// <summary>Of doubles that are integers below 2^31.</summary>
    static abstract TSelf DoublesToInts(TSelf low, TSelf high);

    static abstract TSelf AddDoubles(TSelf a, TSelf b);

    static abstract TSelf MultiplyDoubles(TSelf a, TSelf b);

    static abstract TSelf FmaDoubles(TSelf a, TSelf b, TSelf c);

    static abstract TSelf FloorDoubles(TSelf a);

    static abstract TSelf RoundDoubles(TSelf a);

    /// <summary>In any order: for sums that are exact.</summary>
    static abstract double SumDoubles(TSelf a);
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
