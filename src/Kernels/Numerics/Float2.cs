namespace GpuMlp.Kernels.Numerics;

/// <summary>Eight bytes that move as one load or store.</summary>
public struct Float2
{
    public float X, Y;

    public Float2(float x, float y)
    {
        X = x;
        Y = y;
    }
}
