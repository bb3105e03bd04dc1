namespace GpuMlp.Kernels.Numerics;

/// <summary>Four integers that move as one load or store of sixteen bytes.</summary>
public struct Int4
{
    public int X, Y, Z, W;

    public Int4(int x, int y, int z, int w)
    {
        X = x;
        Y = y;
        Z = z;
        W = w;
    }

    /// <summary>Of floats that are integers.</summary>
    internal static Int4 Of(Float4 values) => new((int)values.X, (int)values.Y, (int)values.Z, (int)values.W);
}

/// <summary>Sums of four columns.</summary>
public struct Long4
{
    public long X, Y, Z, W;

    public Long4(long x, long y, long z, long w)
    {
        X = x;
        Y = y;
        Z = z;
        W = w;
    }

    /// <summary>this + a b.</summary>
    internal readonly Long4 MultiplyAdd(int a, Int4 b) => new(
        GpuMath.MultiplyAdd(X, a, b.X), GpuMath.MultiplyAdd(Y, a, b.Y), GpuMath.MultiplyAdd(Z, a, b.Z), GpuMath.MultiplyAdd(W, a, b.W));

    internal readonly Long4 Add(Long4 b) => new(X + b.X, Y + b.Y, Z + b.Z, W + b.W);
}

/// <summary>Eight sums of a row in registers: two runs of four columns.</summary>
internal struct LongOctet(Long4 low, Long4 high)
{
    public Long4 Low = low, High = high;

    /// <summary>this + a (low, high).</summary>
    public readonly LongOctet MultiplyAdd(int a, Int4 low, Int4 high) => new(Low.MultiplyAdd(a, low), High.MultiplyAdd(a, high));
}
