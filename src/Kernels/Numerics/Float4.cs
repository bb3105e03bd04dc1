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

    public readonly Float4 Add(Float4 b) => new(X + b.X, Y + b.Y, Z + b.Z, W + b.W);
}
