using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// Two vectors of sixteen columns that follow each other in the cohort's table, maybe in two blocks; offsets count four elements.
/// </summary>
internal readonly struct VectorPair
{
    /// <summary>False when the cohort ends with the first of the two, which then stands for both.</summary>
    public readonly bool HasHigh;

    public readonly int LowColumn, HighColumn, LowStride, HighStride;

    private readonly int _lowFirst, _highFirst;

    public VectorPair(CohortViews cohort, int pair)
    {
        int vectors = cohort.Vectors.IntLength / ColumnLayout.VectorFields;
        HasHigh = (2 * pair) + 1 < vectors;
        int low = 2 * pair * ColumnLayout.VectorFields, high = HasHigh ? low + ColumnLayout.VectorFields : low;
        _lowFirst = cohort.Vectors[low];
        LowStride = cohort.Vectors[low + 1] / 4;
        LowColumn = cohort.Vectors[low + 2];
        _highFirst = cohort.Vectors[high];
        HighStride = cohort.Vectors[high + 1] / 4;
        HighColumn = cohort.Vectors[high + 2];
    }

    /// <summary>Place of the vector in row 0 of a matrix of <paramref name="height"/> rows, block after block.</summary>
    public int LowBase(int height) => ((height * _lowFirst) + LowColumn - _lowFirst) / 4;

    /// <inheritdoc cref="LowBase"/>
    public int HighBase(int height) => ((height * _highFirst) + HighColumn - _highFirst) / 4;
}

/// <summary>The sums of sixteen columns in registers.</summary>
internal struct Hexadec
{
    public Long4 A, B, C, D;

    /// <summary>this + a times the sixteen at a place.</summary>
    public readonly Hexadec MultiplyAdd(int a, ArrayView<Int4> source, int place) => new()
    {
        A = A.MultiplyAdd(a, source[place]),
        B = B.MultiplyAdd(a, source[place + 1]),
        C = C.MultiplyAdd(a, source[place + 2]),
        D = D.MultiplyAdd(a, source[place + 3]),
    };

    /// <summary>The same, of floats that are integers.</summary>
    public readonly Hexadec MultiplyAdd(int a, ArrayView<Float4> source, int place) => new()
    {
        A = A.MultiplyAdd(a, Int4.Of(source[place])),
        B = B.MultiplyAdd(a, Int4.Of(source[place + 1])),
        C = C.MultiplyAdd(a, Int4.Of(source[place + 2])),
        D = D.MultiplyAdd(a, Int4.Of(source[place + 3])),
    };
}
