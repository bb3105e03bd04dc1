namespace GpuMlp.Kernels.Memory;

/// <summary>A vector of sixteen columns of the cohort's table.</summary>
internal readonly struct GpuVector
{
    /// <summary>Its first column, among all columns of the cohort.</summary>
    public readonly int Column;

    /// <summary>Elements from one row of its block to the next.</summary>
    public readonly int Stride;

    private readonly int _blockFirst;

    public GpuVector(CohortViews cohort, int vector)
    {
        int entry = vector * ColumnLayout.VectorFields;
        _blockFirst = cohort.Vectors[entry];
        Stride = cohort.Vectors[entry + 1];
        Column = cohort.Vectors[entry + 2];
    }

    /// <summary>Place of its first column in row 0 of a matrix of <paramref name="height"/> rows, block after block.</summary>
    public int Base(int height) => (height * _blockFirst) + Column - _blockFirst;
}
