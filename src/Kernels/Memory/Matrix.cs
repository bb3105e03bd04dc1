namespace GpuMlp.Kernels.Memory;

/// <summary>Rows [r] at <paramref name="data"/> + r * <paramref name="stride"/>; stride 0 repeats one row.</summary>
internal readonly unsafe struct Matrix(float* data, int stride)
{
    public readonly float* Data = data;
    public readonly int Stride = stride;

    public Matrix Shift(int columns) => new(Data + columns, Stride);
}
