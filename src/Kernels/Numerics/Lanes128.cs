using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuMlp.Kernels.Numerics;

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

    public static int DigitTile => AdvSimd.IsSupported ? 2 : 1;

    public static int ImageTile => 2;

    public static int TileOfDoubles => AdvSimd.IsSupported ? 2 : 1;

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
    public static Lanes128 Sqrt(Lanes128 a) => new(
        Vector128.Sqrt(a._v0),
        Vector128.Sqrt(a._v1),
        Vector128.Sqrt(a._v2),
        Vector128.Sqrt(a._v3));

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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Floor(Lanes128 a) => new(
        Vector128.Floor(a._v0),
        Vector128.Floor(a._v1),
        Vector128.Floor(a._v2),
        Vector128.Floor(a._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Round(Lanes128 a) => new(
        Vector128.Round(a._v0),
        Vector128.Round(a._v1),
        Vector128.Round(a._v2),
        Vector128.Round(a._v3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastBits(uint bits)
    {
        Vector128<float> quarter = Vector128.Create(bits).AsSingle();
        return new(quarter, quarter, quarter, quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 And(Lanes128 a, Lanes128 b) => new(
        a._v0 & b._v0,
        a._v1 & b._v1,
        a._v2 & b._v2,
        a._v3 & b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Or(Lanes128 a, Lanes128 b) => new(
        a._v0 | b._v0,
        a._v1 | b._v1,
        a._v2 | b._v2,
        a._v3 | b._v3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddInts(Lanes128 a, Lanes128 b) => new(
        (a._v0.AsInt32() + b._v0.AsInt32()).AsSingle(),
        (a._v1.AsInt32() + b._v1.AsInt32()).AsSingle(),
        (a._v2.AsInt32() + b._v2.AsInt32()).AsSingle(),
        (a._v3.AsInt32() + b._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SubtractInts(Lanes128 a, Lanes128 b) => new(
        (a._v0.AsInt32() - b._v0.AsInt32()).AsSingle(),
        (a._v1.AsInt32() - b._v1.AsInt32()).AsSingle(),
        (a._v2.AsInt32() - b._v2.AsInt32()).AsSingle(),
        (a._v3.AsInt32() - b._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MaxInts(Lanes128 a, Lanes128 b) => new(
        Vector128.Max(a._v0.AsInt32(), b._v0.AsInt32()).AsSingle(),
        Vector128.Max(a._v1.AsInt32(), b._v1.AsInt32()).AsSingle(),
        Vector128.Max(a._v2.AsInt32(), b._v2.AsInt32()).AsSingle(),
        Vector128.Max(a._v3.AsInt32(), b._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeftInts(Lanes128 a, [ConstantExpected] byte count) => new(
        Vector128.ShiftLeft(a._v0.AsInt32(), count).AsSingle(),
        Vector128.ShiftLeft(a._v1.AsInt32(), count).AsSingle(),
        Vector128.ShiftLeft(a._v2.AsInt32(), count).AsSingle(),
        Vector128.ShiftLeft(a._v3.AsInt32(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightInts(Lanes128 a, [ConstantExpected] byte count) => new(
        Vector128.ShiftRightArithmetic(a._v0.AsInt32(), count).AsSingle(),
        Vector128.ShiftRightArithmetic(a._v1.AsInt32(), count).AsSingle(),
        Vector128.ShiftRightArithmetic(a._v2.AsInt32(), count).AsSingle(),
        Vector128.ShiftRightArithmetic(a._v3.AsInt32(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeftInts(Lanes128 a, Lanes128 counts) => new(
        ShiftLeft(a._v0.AsInt32(), counts._v0.AsInt32()).AsSingle(),
        ShiftLeft(a._v1.AsInt32(), counts._v1.AsInt32()).AsSingle(),
        ShiftLeft(a._v2.AsInt32(), counts._v2.AsInt32()).AsSingle(),
        ShiftLeft(a._v3.AsInt32(), counts._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightInts(Lanes128 a, Lanes128 counts) => new(
        ShiftRight(a._v0.AsInt32(), counts._v0.AsInt32()).AsSingle(),
        ShiftRight(a._v1.AsInt32(), counts._v1.AsInt32()).AsSingle(),
        ShiftRight(a._v2.AsInt32(), counts._v2.AsInt32()).AsSingle(),
        ShiftRight(a._v3.AsInt32(), counts._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeftShorts(Lanes128 a, [ConstantExpected] byte count) => new(
        Vector128.ShiftLeft(a._v0.AsInt16(), count).AsSingle(),
        Vector128.ShiftLeft(a._v1.AsInt16(), count).AsSingle(),
        Vector128.ShiftLeft(a._v2.AsInt16(), count).AsSingle(),
        Vector128.ShiftLeft(a._v3.AsInt16(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightShorts(Lanes128 a, [ConstantExpected] byte count) => new(
        Vector128.ShiftRightArithmetic(a._v0.AsInt16(), count).AsSingle(),
        Vector128.ShiftRightArithmetic(a._v1.AsInt16(), count).AsSingle(),
        Vector128.ShiftRightArithmetic(a._v2.AsInt16(), count).AsSingle(),
        Vector128.ShiftRightArithmetic(a._v3.AsInt16(), count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAddPairs(Lanes128 sum, Lanes128 a, short* b, [ConstantExpected] int at) => new(
        MultiplyAddPairs(sum._v0.AsInt32(), a._v0.AsInt16(), Vector128.Load(b + at)).AsSingle(),
        MultiplyAddPairs(sum._v1.AsInt32(), a._v1.AsInt16(), Vector128.Load(b + at + 8)).AsSingle(),
        MultiplyAddPairs(sum._v2.AsInt32(), a._v2.AsInt16(), Vector128.Load(b + at + 16)).AsSingle(),
        MultiplyAddPairs(sum._v3.AsInt32(), a._v3.AsInt16(), Vector128.Load(b + at + 24)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyEvenInts(Lanes128 a, Lanes128 b) => new(
        MultiplyEvenInts(a._v0.AsInt32(), b._v0.AsInt32()).AsSingle(),
        MultiplyEvenInts(a._v1.AsInt32(), b._v1.AsInt32()).AsSingle(),
        MultiplyEvenInts(a._v2.AsInt32(), b._v2.AsInt32()).AsSingle(),
        MultiplyEvenInts(a._v3.AsInt32(), b._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyOddInts(Lanes128 a, Lanes128 b) => new(
        MultiplyEvenInts(OddInts(a._v0), OddInts(b._v0)).AsSingle(),
        MultiplyEvenInts(OddInts(a._v1), OddInts(b._v1)).AsSingle(),
        MultiplyEvenInts(OddInts(a._v2), OddInts(b._v2)).AsSingle(),
        MultiplyEvenInts(OddInts(a._v3), OddInts(b._v3)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddLongs(Lanes128 a, Lanes128 b) => new(
        (a._v0.AsInt64() + b._v0.AsInt64()).AsSingle(),
        (a._v1.AsInt64() + b._v1.AsInt64()).AsSingle(),
        (a._v2.AsInt64() + b._v2.AsInt64()).AsSingle(),
        (a._v3.AsInt64() + b._v3.AsInt64()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 IntsToFloats(Lanes128 a) => new(
        Vector128.ConvertToSingle(a._v0.AsInt32()),
        Vector128.ConvertToSingle(a._v1.AsInt32()),
        Vector128.ConvertToSingle(a._v2.AsInt32()),
        Vector128.ConvertToSingle(a._v3.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 RoundToInts(Lanes128 a) => new(
        RoundToInts(a._v0).AsSingle(),
        RoundToInts(a._v1).AsSingle(),
        RoundToInts(a._v2).AsSingle(),
        RoundToInts(a._v3).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastDouble(double value) => new(
        Vector128.Create(value).AsSingle(),
        Vector128.Create(value).AsSingle(),
        Vector128.Create(value).AsSingle(),
        Vector128.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LowIntsToDoubles(Lanes128 a) => new(
        LowIntsToDoubles(a._v0.AsInt32()).AsSingle(),
        HighIntsToDoubles(a._v0.AsInt32()).AsSingle(),
        LowIntsToDoubles(a._v1.AsInt32()).AsSingle(),
        HighIntsToDoubles(a._v1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 HighIntsToDoubles(Lanes128 a) => new(
        LowIntsToDoubles(a._v2.AsInt32()).AsSingle(),
        HighIntsToDoubles(a._v2.AsInt32()).AsSingle(),
        LowIntsToDoubles(a._v3.AsInt32()).AsSingle(),
        HighIntsToDoubles(a._v3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LowToDoubles(Lanes128 a) => new(
        Vector128.WidenLower(a._v0).AsSingle(),
        Vector128.WidenUpper(a._v0).AsSingle(),
        Vector128.WidenLower(a._v1).AsSingle(),
        Vector128.WidenUpper(a._v1).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 HighToDoubles(Lanes128 a) => new(
        Vector128.WidenLower(a._v2).AsSingle(),
        Vector128.WidenUpper(a._v2).AsSingle(),
        Vector128.WidenLower(a._v3).AsSingle(),
        Vector128.WidenUpper(a._v3).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 DoublesToFloats(Lanes128 low, Lanes128 high) => new(
        Vector128.Narrow(low._v0.AsDouble(), low._v1.AsDouble()),
        Vector128.Narrow(low._v2.AsDouble(), low._v3.AsDouble()),
        Vector128.Narrow(high._v0.AsDouble(), high._v1.AsDouble()),
        Vector128.Narrow(high._v2.AsDouble(), high._v3.AsDouble()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 DoublesToInts(Lanes128 low, Lanes128 high) => new(
        DoublesToInts(low._v0.AsDouble(), low._v1.AsDouble()).AsSingle(),
        DoublesToInts(low._v2.AsDouble(), low._v3.AsDouble()).AsSingle(),
        DoublesToInts(high._v0.AsDouble(), high._v1.AsDouble()).AsSingle(),
        DoublesToInts(high._v2.AsDouble(), high._v3.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddDoubles(Lanes128 a, Lanes128 b) => new(
        (a._v0.AsDouble() + b._v0.AsDouble()).AsSingle(),
        (a._v1.AsDouble() + b._v1.AsDouble()).AsSingle(),
        (a._v2.AsDouble() + b._v2.AsDouble()).AsSingle(),
        (a._v3.AsDouble() + b._v3.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyDoubles(Lanes128 a, Lanes128 b) => new(
        (a._v0.AsDouble() * b._v0.AsDouble()).AsSingle(),
        (a._v1.AsDouble() * b._v1.AsDouble()).AsSingle(),
        (a._v2.AsDouble() * b._v2.AsDouble()).AsSingle(),
        (a._v3.AsDouble() * b._v3.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 FmaDoubles(Lanes128 a, Lanes128 b, Lanes128 c) => new(
        Vector128.FusedMultiplyAdd(a._v0.AsDouble(), b._v0.AsDouble(), c._v0.AsDouble()).AsSingle(),
        Vector128.FusedMultiplyAdd(a._v1.AsDouble(), b._v1.AsDouble(), c._v1.AsDouble()).AsSingle(),
        Vector128.FusedMultiplyAdd(a._v2.AsDouble(), b._v2.AsDouble(), c._v2.AsDouble()).AsSingle(),
        Vector128.FusedMultiplyAdd(a._v3.AsDouble(), b._v3.AsDouble(), c._v3.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 FloorDoubles(Lanes128 a) => new(
        Vector128.Floor(a._v0.AsDouble()).AsSingle(),
        Vector128.Floor(a._v1.AsDouble()).AsSingle(),
        Vector128.Floor(a._v2.AsDouble()).AsSingle(),
        Vector128.Floor(a._v3.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 RoundDoubles(Lanes128 a) => new(
        Vector128.Round(a._v0.AsDouble()).AsSingle(),
        Vector128.Round(a._v1.AsDouble()).AsSingle(),
        Vector128.Round(a._v2.AsDouble()).AsSingle(),
        Vector128.Round(a._v3.AsDouble()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumDoubles(Lanes128 a) => Vector128.Sum(a._v0.AsDouble() + a._v1.AsDouble() + a._v2.AsDouble() + a._v3.AsDouble());

    // The exponent field of a float32 holds the power plus 127.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> PowerOfTwo(Vector128<float> integral) =>
        Vector128.ShiftLeft(Vector128.ConvertToInt32(integral) + Vector128.Create(127), 23).AsSingle();

    // Adding and taking away 1.5 * 2^23 leaves the nearest integer: above it a float32 has no fraction bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Round(Vector128<float> a) =>
        (a + Vector128.Create(12582912f)) - Vector128.Create(12582912f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> MultiplyAddPairs(Vector128<int> sum, Vector128<short> a, Vector128<short> b)
    {
        if (AvxVnni.IsSupported)
            return AvxVnni.MultiplyWideningAndAdd(sum, a, b);
        if (Sse2.IsSupported)
            return sum + Sse2.MultiplyAddAdjacent(a, b);
        if (AdvSimd.Arm64.IsSupported)
        {
            return sum
                + AdvSimd.Arm64.AddPairwise(AdvSimd.MultiplyWideningLower(a.GetLower(), b.GetLower()), AdvSimd.MultiplyWideningUpper(a, b));
        }

        for (int i = 0; i < 4; i++)
            sum = sum.WithElement(i, sum[i] + (a[2 * i] * b[2 * i]) + (a[(2 * i) + 1] * b[(2 * i) + 1]));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> OddInts(Vector128<float> a) => Vector128.ShiftRightLogical(a.AsInt64(), 32).AsInt32();

    // Low halves of 64 bits are the even lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<long> MultiplyEvenInts(Vector128<int> a, Vector128<int> b)
    {
        if (Sse41.IsSupported)
            return Sse41.Multiply(a, b);
        if (AdvSimd.IsSupported)
            return AdvSimd.MultiplyWideningLower(AdvSimd.ExtractNarrowingLower(a.AsInt64()), AdvSimd.ExtractNarrowingLower(b.AsInt64()));
        return Vector128.Create((long)a[0] * b[0], (long)a[2] * b[2]);
    }

    // SSE shifts all lanes by one count, in the low half of a register.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> ShiftLeft(Vector128<int> a, Vector128<int> counts) =>
        Sse2.IsSupported ? Sse2.ShiftLeftLogical(a, Vector128.CreateScalar(counts.ToScalar()))
        : AdvSimd.IsSupported ? AdvSimd.ShiftLogical(a, counts)
        : Vector128.ShiftLeft(a, counts.ToScalar());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> ShiftRight(Vector128<int> a, Vector128<int> counts) =>
        Sse2.IsSupported ? Sse2.ShiftRightArithmetic(a, Vector128.CreateScalar(counts.ToScalar()))
        : AdvSimd.IsSupported ? AdvSimd.ShiftArithmetic(a, -counts)
        : Vector128.ShiftRightArithmetic(a, counts.ToScalar());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> DoublesToInts(Vector128<double> low, Vector128<double> high) => Sse2.IsSupported
        ? Sse2.UnpackLow(Sse2.ConvertToVector128Int32(low).AsInt64(), Sse2.ConvertToVector128Int32(high).AsInt64()).AsInt32()
        : Vector128.Narrow(Vector128.ConvertToInt64(low), Vector128.ConvertToInt64(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> RoundToInts(Vector128<float> a) => Sse2.IsSupported ? Sse2.ConvertToVector128Int32(a)
        : AdvSimd.IsSupported ? AdvSimd.ConvertToInt32RoundToEven(a)
        : Vector128.ConvertToInt32(Vector128.Round(a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> LowIntsToDoubles(Vector128<int> a) =>
        Sse2.IsSupported ? Sse2.ConvertToVector128Double(a) : Vector128.ConvertToDouble(Vector128.WidenLower(a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> HighIntsToDoubles(Vector128<int> a) => Sse2.IsSupported
        ? Sse2.ConvertToVector128Double(Vector128.Shuffle(a, Vector128.Create(2, 3, 2, 3)))
        : Vector128.ConvertToDouble(Vector128.WidenUpper(a));
}
