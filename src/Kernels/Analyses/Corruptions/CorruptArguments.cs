using ILGPU;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Everything that a corruption kernel is given. Severities are integers by now: see <see cref="CorruptTables"/>.</summary>
public struct CorruptArguments
{
    /// <summary>Unsigned bytes, row-major [N, rows * columns].</summary>
    public ArrayView<byte> Source, Target;

    /// <summary>One number an image: what its random numbers belong to.</summary>
    public ArrayView<int> Numbers;

    /// <summary>What the kind has one for.</summary>
    public ArrayView<int> Table;

    /// <summary>Key of a <see cref="CorruptionKind"/>: part of the random numbers' key.</summary>
    public int Kind;

    /// <summary>Bits of the severity in float32: likewise.</summary>
    public uint SeverityBits;

    public int Rows, Columns;

    /// <summary>Gaussian: standard deviation in grey levels. Rotation: the sine.</summary>
    public int Scale;

    /// <summary>Rotation: the cosine.</summary>
    public int Cosine;

    /// <summary>Occlusion: side. Translation: distance. Blur: weights on each side of the centre.</summary>
    public int Size;

    /// <summary>Salt and pepper: random words below it change a pixel, 0 .. 2^32.</summary>
    public long Threshold;
}
