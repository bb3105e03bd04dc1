using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuMlp.Kernels.Simd;

/// <summary>Sixteen lanes in four 128-bit registers; ARM64 has thirty-two of them, SSE sixteen.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> _v0, _v1, _v2, _v3;

    private Lanes128(Vector128<float> v0, Vector128<float> v1, Vector128<float> v2, Vector128<float> v3)
    {
        _v0 = v0;
        _v1 = v1;
        _v2 = v2;
        _v3 = v3;
    }

    public static int SparseTile => 3;

    public static int ImageTile => 2;

    public static int DenseTile => 1;

    public static Lanes128 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value) => new(
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(
        Vector128.Load(source),
        Vector128.Load(source + 4),
        Vector128.Load(source + 8),
        Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 value, float* target)
    {
        value._v0.Store(target);
        value._v1.Store(target + 4);
        value._v2.Store(target + 8);
        value._v3.Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Add(Lanes128 a, Lanes128 b) => new(
        a._v0 + b._v0,
        a._v1 + b._v1,
        a._v2 + b._v2,
        a._v3 + b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Subtract(Lanes128 a, Lanes128 b) => new(
        a._v0 - b._v0,
        a._v1 - b._v1,
        a._v2 - b._v2,
        a._v3 - b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Multiply(Lanes128 a, Lanes128 b) => new(
        a._v0 * b._v0,
        a._v1 * b._v1,
        a._v2 * b._v2,
        a._v3 * b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Divide(Lanes128 a, Lanes128 b) => new(
        a._v0 / b._v0,
        a._v1 / b._v1,
        a._v2 / b._v2,
        a._v3 / b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Fma(Lanes128 a, Lanes128 b, Lanes128 c) => new(
        Vector128.FusedMultiplyAdd(a._v0, b._v0, c._v0),
        Vector128.FusedMultiplyAdd(a._v1, b._v1, c._v1),
        Vector128.FusedMultiplyAdd(a._v2, b._v2, c._v2),
        Vector128.FusedMultiplyAdd(a._v3, b._v3, c._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 a, Lanes128 b) => new(
        Vector128.Max(a._v0, b._v0),
        Vector128.Max(a._v1, b._v1),
        Vector128.Max(a._v2, b._v2),
        Vector128.Max(a._v3, b._v3));

    // The order of the operands matters: x64 answers with the second one when either is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Relu(Lanes128 a) => new(
        Vector128.MaxNative(Vector128<float>.Zero, a._v0),
        Vector128.MaxNative(Vector128<float>.Zero, a._v1),
        Vector128.MaxNative(Vector128<float>.Zero, a._v2),
        Vector128.MaxNative(Vector128<float>.Zero, a._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Abs(Lanes128 a) => new(
        Vector128.Abs(a._v0),
        Vector128.Abs(a._v1),
        Vector128.Abs(a._v2),
        Vector128.Abs(a._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Greater(Lanes128 a, Lanes128 b) => new(
        Vector128.GreaterThan(a._v0, b._v0),
        Vector128.GreaterThan(a._v1, b._v1),
        Vector128.GreaterThan(a._v2, b._v2),
        Vector128.GreaterThan(a._v3, b._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 GreaterOrEqual(Lanes128 a, Lanes128 b) => new(
        Vector128.GreaterThanOrEqual(a._v0, b._v0),
        Vector128.GreaterThanOrEqual(a._v1, b._v1),
        Vector128.GreaterThanOrEqual(a._v2, b._v2),
        Vector128.GreaterThanOrEqual(a._v3, b._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 whenSet, Lanes128 whenClear) => new(
        Vector128.ConditionalSelect(mask._v0, whenSet._v0, whenClear._v0),
        Vector128.ConditionalSelect(mask._v1, whenSet._v1, whenClear._v1),
        Vector128.ConditionalSelect(mask._v2, whenSet._v2, whenClear._v2),
        Vector128.ConditionalSelect(mask._v3, whenSet._v3, whenClear._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 PowerOfTwo(Lanes128 integral) => new(
        PowerOfTwo(integral._v0),
        PowerOfTwo(integral._v1),
        PowerOfTwo(integral._v2),
        PowerOfTwo(integral._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 RoundToInteger(Lanes128 a) => new(
        Round(a._v0),
        Round(a._v1),
        Round(a._v2),
        Round(a._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 a) => LaneTree.Sum((a._v0 + a._v2) + (a._v1 + a._v3));

    // The exponent field of a float32 holds the power plus 127.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> PowerOfTwo(Vector128<float> integral) =>
        Vector128.ShiftLeft(Vector128.ConvertToInt32(integral) + Vector128.Create(127), 23).AsSingle();

    // Adding and taking away 1.5 * 2^23 leaves the nearest integer: above it a float32 has no fraction bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Round(Vector128<float> a) =>
        (a + Vector128.Create(12582912f)) - Vector128.Create(12582912f);
}
