namespace GpuMlp.Kernels.Numerics;

/// <summary>Sixteen bytes that move as one load or store.</summary>
public struct Float4
{
    public float X, Y, Z, W;

    public Float4(float x, float y, float z, float w)
    {
        X = x;
        Y = y;
        Z = z;
        W = w;
    }

    /// <summary>this + a b, each element rounded once.</summary>
    public readonly Float4 Fma(float a, Float4 b) =>
        new(GpuMath.Fma(a, b.X, X), GpuMath.Fma(a, b.Y, Y), GpuMath.Fma(a, b.Z, Z), GpuMath.Fma(a, b.W, W));

    public readonly Float4 Add(Float4 b) => new(X + b.X, Y + b.Y, Z + b.Z, W + b.W);
}

/// <summary>Eight sums of a row in registers: two runs of four columns.</summary>
internal struct Octet
{
    public Float4 Low, High;

    public Octet(Float4 low, Float4 high)
    {
        Low = low;
        High = high;
    }

    /// <summary>this + a (low, high).</summary>
    public readonly Octet Fma(float a, Float4 low, Float4 high) => new(Low.Fma(a, low), High.Fma(a, high));
}
