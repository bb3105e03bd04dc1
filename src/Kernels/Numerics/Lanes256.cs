using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuMlp.Kernels.Numerics;

/// <summary>Sixteen lanes in two 256-bit registers: six times sixteen columns leave four of the sixteen registers of AVX2 free.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> _v0, _v1;

    private Lanes256(Vector256<float> v0, Vector256<float> v1)
    {
        _v0 = v0;
        _v1 = v1;
    }

    public static int SparseTile => 6;

    public static int DigitTile => 2;

    public static int ImageTile => 4;

    public static int TileOfDoubles => 2;

    public static Lanes256 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 value, float* target)
    {
        value._v0.Store(target);
        value._v1.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Add(Lanes256 a, Lanes256 b) => new(a._v0 + b._v0, a._v1 + b._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Subtract(Lanes256 a, Lanes256 b) => new(a._v0 - b._v0, a._v1 - b._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Multiply(Lanes256 a, Lanes256 b) => new(a._v0 * b._v0, a._v1 * b._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Divide(Lanes256 a, Lanes256 b) => new(a._v0 / b._v0, a._v1 / b._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Sqrt(Lanes256 a) => new(Vector256.Sqrt(a._v0), Vector256.Sqrt(a._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Fma(Lanes256 a, Lanes256 b, Lanes256 c) => new(
        Vector256.FusedMultiplyAdd(a._v0, b._v0, c._v0),
        Vector256.FusedMultiplyAdd(a._v1, b._v1, c._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 a, Lanes256 b) => new(Vector256.Max(a._v0, b._v0), Vector256.Max(a._v1, b._v1));

    // The order of the operands matters: x64 answers with the second one when either is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Relu(Lanes256 a) => new(
        Vector256.MaxNative(Vector256<float>.Zero, a._v0),
        Vector256.MaxNative(Vector256<float>.Zero, a._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Abs(Lanes256 a) => new(Vector256.Abs(a._v0), Vector256.Abs(a._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Greater(Lanes256 a, Lanes256 b) => new(Vector256.GreaterThan(a._v0, b._v0), Vector256.GreaterThan(a._v1, b._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 GreaterOrEqual(Lanes256 a, Lanes256 b) => new(
        Vector256.GreaterThanOrEqual(a._v0, b._v0),
        Vector256.GreaterThanOrEqual(a._v1, b._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 whenSet, Lanes256 whenClear) => new(
        Vector256.ConditionalSelect(mask._v0, whenSet._v0, whenClear._v0),
        Vector256.ConditionalSelect(mask._v1, whenSet._v1, whenClear._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 PowerOfTwo(Lanes256 integral) => new(PowerOfTwo(integral._v0), PowerOfTwo(integral._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 RoundToInteger(Lanes256 a) => new(Round(a._v0), Round(a._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes256 a) => LaneTree.Sum(a._v0 + a._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Floor(Lanes256 a) => new(
        Vector256.Floor(a._v0),
        Vector256.Floor(a._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Round(Lanes256 a) => new(
        Vector256.Round(a._v0),
        Vector256.Round(a._v1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastBits(uint bits)
    {
        Vector256<float> half = Vector256.Create(bits).AsSingle();
        return new(half, half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 And(Lanes256 a, Lanes256 b) => new(
        a._v0 & b._v0,
        a._v1 & b._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Or(Lanes256 a, Lanes256 b) => new(
        a._v0 | b._v0,
        a._v1 | b._v1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AddInts(Lanes256 a, Lanes256 b) => new(
        (a._v0.AsInt32() + b._v0.AsInt32()).AsSingle(),
        (a._v1.AsInt32() + b._v1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SubtractInts(Lanes256 a, Lanes256 b) => new(
        (a._v0.AsInt32() - b._v0.AsInt32()).AsSingle(),
        (a._v1.AsInt32() - b._v1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MaxInts(Lanes256 a, Lanes256 b) => new(
        Vector256.Max(a._v0.AsInt32(), b._v0.AsInt32()).AsSingle(),
        Vector256.Max(a._v1.AsInt32(), b._v1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftLeftInts(Lanes256 a, [ConstantExpected] byte count) => new(
        Vector256.ShiftLeft(a._v0.AsInt32(), count).AsSingle(),
        Vector256.ShiftLeft(a._v1.AsInt32(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftRightInts(Lanes256 a, [ConstantExpected] byte count) => new(
        Vector256.ShiftRightArithmetic(a._v0.AsInt32(), count).AsSingle(),
        Vector256.ShiftRightArithmetic(a._v1.AsInt32(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftLeftInts(Lanes256 a, Lanes256 counts) => new(
        Avx2.ShiftLeftLogicalVariable(a._v0.AsInt32(), counts._v0.AsUInt32()).AsSingle(),
        Avx2.ShiftLeftLogicalVariable(a._v1.AsInt32(), counts._v1.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftRightInts(Lanes256 a, Lanes256 counts) => new(
        Avx2.ShiftRightArithmeticVariable(a._v0.AsInt32(), counts._v0.AsUInt32()).AsSingle(),
        Avx2.ShiftRightArithmeticVariable(a._v1.AsInt32(), counts._v1.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftLeftShorts(Lanes256 a, [ConstantExpected] byte count) => new(
        Vector256.ShiftLeft(a._v0.AsInt16(), count).AsSingle(),
        Vector256.ShiftLeft(a._v1.AsInt16(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftRightShorts(Lanes256 a, [ConstantExpected] byte count) => new(
        Vector256.ShiftRightArithmetic(a._v0.AsInt16(), count).AsSingle(),
        Vector256.ShiftRightArithmetic(a._v1.AsInt16(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAddPairs(Lanes256 sum, Lanes256 a, short* b, [ConstantExpected] int at) => new(
        MultiplyAddPairs(sum._v0.AsInt32(), a._v0.AsInt16(), Vector256.Load(b + at)).AsSingle(),
        MultiplyAddPairs(sum._v1.AsInt32(), a._v1.AsInt16(), Vector256.Load(b + at + 16)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyEvenInts(Lanes256 a, Lanes256 b) => new(
        Avx2.Multiply(a._v0.AsInt32(), b._v0.AsInt32()).AsSingle(),
        Avx2.Multiply(a._v1.AsInt32(), b._v1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyOddInts(Lanes256 a, Lanes256 b) => new(
        Avx2.Multiply(OddInts(a._v0), OddInts(b._v0)).AsSingle(),
        Avx2.Multiply(OddInts(a._v1), OddInts(b._v1)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AddLongs(Lanes256 a, Lanes256 b) => new(
        (a._v0.AsInt64() + b._v0.AsInt64()).AsSingle(),
        (a._v1.AsInt64() + b._v1.AsInt64()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 IntsToFloats(Lanes256 a) => new(
        Vector256.ConvertToSingle(a._v0.AsInt32()),
        Vector256.ConvertToSingle(a._v1.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 RoundToInts(Lanes256 a) => new(
        RoundToInts(a._v0).AsSingle(),
        RoundToInts(a._v1).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastDouble(double value) => new(
        Vector256.Create(value).AsSingle(),
        Vector256.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LowIntsToDoubles(Lanes256 a) => new(
        IntsToDoubles(a._v0.AsInt32().GetLower()).AsSingle(),
        IntsToDoubles(a._v0.AsInt32().GetUpper()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 HighIntsToDoubles(Lanes256 a) => new(
        IntsToDoubles(a._v1.AsInt32().GetLower()).AsSingle(),
        IntsToDoubles(a._v1.AsInt32().GetUpper()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LowToDoubles(Lanes256 a) => new(
        Vector256.WidenLower(a._v0).AsSingle(),
        Vector256.WidenUpper(a._v0).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 HighToDoubles(Lanes256 a) => new(
        Vector256.WidenLower(a._v1).AsSingle(),
        Vector256.WidenUpper(a._v1).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 DoublesToFloats(Lanes256 low, Lanes256 high) => new(
        Vector256.Narrow(low._v0.AsDouble(), low._v1.AsDouble()),
        Vector256.Narrow(high._v0.AsDouble(), high._v1.AsDouble()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 DoublesToInts(Lanes256 low, Lanes256 high) => new(
        DoublesToInts(low._v0.AsDouble(), low._v1.AsDouble()).AsSingle(),
        DoublesToInts(high._v0.AsDouble(), high._v1.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AddDoubles(Lanes256 a, Lanes256 b) => new(
        (a._v0.AsDouble() + b._v0.AsDouble()).AsSingle(),
        (a._v1.AsDouble() + b._v1.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyDoubles(Lanes256 a, Lanes256 b) => new(
        (a._v0.AsDouble() * b._v0.AsDouble()).AsSingle(),
        (a._v1.AsDouble() * b._v1.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 FmaDoubles(Lanes256 a, Lanes256 b, Lanes256 c) => new(
        Vector256.FusedMultiplyAdd(a._v0.AsDouble(), b._v0.AsDouble(), c._v0.AsDouble()).AsSingle(),
        Vector256.FusedMultiplyAdd(a._v1.AsDouble(), b._v1.AsDouble(), c._v1.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 FloorDoubles(Lanes256 a) => new(
        Vector256.Floor(a._v0.AsDouble()).AsSingle(),
        Vector256.Floor(a._v1.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 RoundDoubles(Lanes256 a) => new(
        Vector256.Round(a._v0.AsDouble()).AsSingle(),
        Vector256.Round(a._v1.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDoubles(Lanes256 a) => Vector256.Sum(a._v0.AsDouble() + a._v1.AsDouble());

    // The exponent field of a float32 holds the power plus 127.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> PowerOfTwo(Vector256<float> integral) =>
        Vector256.ShiftLeft(Vector256.ConvertToInt32(integral) + Vector256.Create(127), 23).AsSingle();

    // Adding and taking away 1.5 * 2^23 leaves the nearest integer: above it a float32 has no fraction bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Round(Vector256<float> a) =>
        (a + Vector256.Create(12582912f)) - Vector256.Create(12582912f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> OddInts(Vector256<float> a) => Vector256.ShiftRightLogical(a.AsInt64(), 32).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> DoublesToInts(Vector256<double> low, Vector256<double> high) =>
        Vector256.Create(Avx.ConvertToVector128Int32(low), Avx.ConvertToVector128Int32(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> RoundToInts(Vector256<float> a) => Avx.ConvertToVector256Int32(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> IntsToDoubles(Vector128<int> a) => Avx.ConvertToVector256Double(a);

    // One instruction on processors with AVX-VNNI, many of which have no wider registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MultiplyAddPairs(Vector256<int> sum, Vector256<short> a, Vector256<short> b) =>
        AvxVnni.IsSupported ? AvxVnni.MultiplyWideningAndAdd(sum, a, b) : sum + Avx2.MultiplyAddAdjacent(a, b);
}
