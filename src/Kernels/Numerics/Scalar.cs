namespace GpuMlp.Kernels.Numerics;

/// <summary>One number, as GPU kernels compute with it, and CPU kernels where there is no row of them; masks are 1 and 0.</summary>
/// <remarks>
/// A product is a named fused operation with a zero that keeps its sign, since compilers may fuse a plain one with a sum.
/// </remarks>
internal readonly struct Scalar : IReal<Scalar>
{
    public readonly float Value;

    public Scalar(float value) => Value = value;

    public static Scalar Zero => new(0f);

    public static implicit operator Scalar(float value) => new(value);

    public static Scalar Broadcast(float value) => new(value);

    public static Scalar Add(Scalar a, Scalar b) => new(a.Value + b.Value);

    public static Scalar Subtract(Scalar a, Scalar b) => new(a.Value - b.Value);

    public static Scalar Multiply(Scalar a, Scalar b) => new(GpuMath.Fma(a.Value, b.Value, -0f));

    public static Scalar Divide(Scalar a, Scalar b) => new(GpuMath.Divide(a.Value, b.Value));

    public static Scalar Sqrt(Scalar a) => new(GpuMath.Sqrt(a.Value));

    public static Scalar Fma(Scalar a, Scalar b, Scalar c) => new(GpuMath.Fma(a.Value, b.Value, c.Value));

    public static Scalar Max(Scalar a, Scalar b) => a.Value >= b.Value ? a : b.Value > a.Value ? b : Add(a, b);

    public static Scalar Relu(Scalar a) => new(GpuMath.Relu(a.Value));

    public static Scalar Abs(Scalar a) => new(GpuMath.Abs(a.Value));

    public static Scalar Greater(Scalar a, Scalar b) => new(a.Value > b.Value ? 1f : 0f);

    public static Scalar GreaterOrEqual(Scalar a, Scalar b) => new(a.Value >= b.Value ? 1f : 0f);

    public static Scalar Select(Scalar mask, Scalar whenSet, Scalar whenClear) => mask.Value != 0f ? whenSet : whenClear;

    public static Scalar PowerOfTwo(Scalar integral) => new(ILGPU.Interop.IntAsFloat((uint)((int)integral.Value + 127) << 23));

    public static Scalar RoundToInteger(Scalar a) => new(GpuMath.Rint(a.Value));
}
