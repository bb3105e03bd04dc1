namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// An unevaluated sum of two float32 numbers, some 48 bits: for the few places where float32 is too coarse, since not every
/// device has double. High is the sum rounded to float32. Every step is named, so CPU and GPU get the same bits.
/// Source: Dekker, "A floating-point technique for extending the available precision", Numerische Mathematik 18 (1971).
/// </summary>
internal readonly struct FloatPair
{
    // ln 2 in two parts: the first has 9 significant bits, so that its products with exponents are exact.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f, Sqrt2 = 1.41421356f;

    public readonly float High, Low;

    public FloatPair(float high, float low)
    {
        High = high;
        Low = low;
    }

    public double Value => (double)High + Low;

    public static FloatPair Of(double value) => new((float)value, (float)(value - (float)value));

    /// <summary>
    /// a + b exactly (Knuth's six operations). Neither may be a product that a compiler could fuse, see <see cref="GpuMath.Product"/>.
    /// </summary>
    public static FloatPair Sum(float a, float b)
    {
        float sum = a + b, virtualB = sum - a;
        return new FloatPair(sum, (a - (sum - virtualB)) + (b - virtualB));
    }

    /// <summary>a b exactly, away from the ends of the range.</summary>
    public static FloatPair Product(float a, float b)
    {
        float product = GpuMath.Product(a, b);
        return new FloatPair(product, GpuMath.Fma(a, b, -product));
    }

    /// <summary>a / b; relative error below 2^-45.</summary>
    public static FloatPair Quotient(float a, float b)
    {
        float quotient = GpuMath.Divide(a, b);
        return new FloatPair(quotient, GpuMath.Divide(GpuMath.Fma(-quotient, b, a), b));
    }

    public static FloatPair Add(FloatPair a, FloatPair b)
    {
        FloatPair high = Sum(a.High, b.High);
        return Sum(high.High, high.Low + (a.Low + b.Low));
    }

    /// <summary>a b in which b has no more than float32 has.</summary>
    public static FloatPair Times(FloatPair a, float b)
    {
        FloatPair high = Product(a.High, b);
        return Sum(high.High, GpuMath.Fma(a.Low, b, high.Low));
    }

    /// <summary>ln x for a normal x above 0, by 2 atanh((m - 1) / (m + 1)) of the mantissa; error below 5e-9 up to 2^64.</summary>
    public static FloatPair Log(float x)
    {
        int bits = (int)GpuMath.Bits(x), exponent = (bits >> 23) - 127;
        float m = ILGPU.Interop.IntAsFloat((uint)((bits & 0x007FFFFF) | 0x3F800000));
        if (m > Sqrt2)
        {
            m *= 0.5f;
            exponent++;
        }

        // s = n / d, where n is exact and d is a pair.
        float n = m - 1f;
        FloatPair d = Sum(m, 1f);
        float s = GpuMath.Divide(n, d.High);
        float rest = GpuMath.Divide(GpuMath.Fma(-s, d.Low, GpuMath.Fma(-s, d.High, n)), d.High);

        // atanh(s) = s + s q (1/3 + q/5 + ...); q is below 0.0295, so what is left out, q^6/15 of the cube, is below 5e-11 of it.
        float q = GpuMath.Product(s, s);
        float p = GpuMath.Fma(1f / 13, q, 1f / 11);
        p = GpuMath.Fma(p, q, 1f / 9);
        p = GpuMath.Fma(p, q, 1f / 7);
        p = GpuMath.Fma(p, q, 1f / 5);
        p = GpuMath.Fma(p, q, 1f / 3);
        FloatPair high = Sum(exponent * Ln2High, 2f * s);
        float low = GpuMath.Fma(exponent, Ln2Low, 2f * GpuMath.Fma(GpuMath.Product(s, q), p, rest));
        return Sum(high.High, high.Low + low);
    }
}
