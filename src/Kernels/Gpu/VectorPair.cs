using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.Gpu;

/// <summary>Images without their zero pixels as GPU kernels see them; see <see cref="Images.SparseImages"/>.</summary>
public struct GpuCompressed
{
    /// <summary>Six ints a chunk.</summary>
    public ArrayView<int> Chunks;

    /// <summary>Of rows of images for the forward product, of rows of pixels for the gradient.</summary>
    public ArrayView<int> Starts;

    public ArrayView<ushort> Index;

    public ArrayView<float> Value;

    /// <summary>The chunk that the run begins with; the run's other chunks follow it.</summary>
    public int FirstChunk;
}

/// <summary>Two vectors of sixteen columns that follow each other in the cohort's table, maybe in two blocks; offsets count four floats.</summary>
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
    public Float4 A, B, C, D;

    public static Hexadec Load(ArrayView<Float4> source, int place) =>
        new() { A = source[place], B = source[place + 1], C = source[place + 2], D = source[place + 3] };

    /// <summary>this + a times the sixteen at a place.</summary>
    public readonly Hexadec Fma(float a, ArrayView<Float4> source, int place) => new()
    {
        A = A.Fma(a, source[place]),
        B = B.Fma(a, source[place + 1]),
        C = C.Fma(a, source[place + 2]),
        D = D.Fma(a, source[place + 3]),
    };

    public readonly Hexadec Add(Hexadec b) => new() { A = A.Add(b.A), B = B.Add(b.B), C = C.Add(b.C), D = D.Add(b.D) };

    public readonly void Store(ArrayView<Float4> target, int place)
    {
        target[place] = A;
        target[place + 1] = B;
        target[place + 2] = C;
        target[place + 3] = D;
    }
}
