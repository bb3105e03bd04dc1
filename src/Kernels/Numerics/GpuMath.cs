using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// float32 arithmetic whose bits do not depend on the compiler: what must be fused is fused by name, and a quotient is
/// rounded as IEEE 754 asks although OpenCL lets a device be off by 2.5 units. <see cref="Scalar"/> lets formulas
/// of the CPU kernels run on it.
/// </summary>
internal static class GpuMath
{
    /// <summary>a b + c, rounded once. <see cref="GpuIntrinsics"/> says what it is on a GPU.</summary>
    [IntrinsicImplementation]
    public static float Fma(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary>a b, rounded; a compiler may fuse a plain product with a sum that takes it, but not this. -0 becomes 0.</summary>
    public static float Product(float a, float b) => Fma(a, b, 0f);

    /// <summary>The nearest integer, ties to even. <see cref="GpuIntrinsics"/> says what it is on a GPU.</summary>
    [IntrinsicImplementation]
    public static float Rint(float value) => MathF.Round(value, MidpointRounding.ToEven);

    /// <summary>sum + a b in 64 bits; one instruction on CUDA.</summary>
    [IntrinsicImplementation]
    public static long MultiplyAdd(long sum, int a, int b) => sum + ((long)a * b);

    /// <summary>The bits of a float32.</summary>
    public static uint Bits(float value) => ILGPU.Interop.FloatAsInt(value);

    /// <summary>
    /// a / b, correctly rounded when the device's own division is off by a few units: one step of Newton on the remainder.
    /// </summary>
    /// <param name="b">Not 0, and far from the ends of the range.</param>
    public static float Divide(float a, float b)
    {
        float quotient = a / b;
        return Fma(Fma(-quotient, b, a), 1f / b, quotient);
    }

    /// <summary>1 / b; as <see cref="Divide"/>, with one division.</summary>
    public static float Reciprocal(float b)
    {
        float quotient = 1f / b;
        return Fma(Fma(-quotient, b, 1f), quotient, quotient);
    }

    /// <summary>
    /// The square root, correctly rounded when the device's own is off by a few units: a step of Newton on the remainder, then the
    /// neighbours are looked at. Source: Tuckerman's test, in Markstein, "Computation of elementary functions on the IBM RISC
    /// System/6000 processor", IBM Journal of Research and Development 34 (1990).
    /// </summary>
    /// <param name="a">A normal number above 0.</param>
    public static float Sqrt(float a)
    {
        // Far from the lower end, where remainders would be below the normal numbers.
        const float Up = (float)(1L << 62), Down = 1f / (1L << 31);
        bool isSmall = a < 1f;
        a = isSmall ? a * Up : a;
        float root = MathF.Sqrt(a);
        root = Fma(Fma(-root, root, a), 0.5f / root, root);
        float below = ILGPU.Interop.IntAsFloat(Bits(root) - 1), above = ILGPU.Interop.IntAsFloat(Bits(root) + 1);
        root = Fma(-below, root, a) <= 0f ? below : Fma(-above, root, a) > 0f ? above : root;
        return isSmall ? root * Down : root;
    }

    /// <summary>
    /// pixel / 255, correctly rounded, from a byte: the product with 1/255 is off by a unit at most, and the remainder,
    /// which a fused operation has exactly, puts that right (all 256 are tested).
    /// </summary>
    public static float Pixel(uint value)
    {
        const float Reciprocal = 1f / 255f;
        float pixel = value, quotient = pixel * Reciprocal;
        return Fma(Fma(-quotient, 255f, pixel), Reciprocal, quotient);
    }

    /// <summary>0 for negative numbers and zeros; NaN stays NaN.</summary>
    public static float Relu(float value) => value <= 0f ? 0f : value;

    public static float Abs(float value) => ILGPU.Interop.IntAsFloat(Bits(value) & 0x7FFFFFFF);
}
