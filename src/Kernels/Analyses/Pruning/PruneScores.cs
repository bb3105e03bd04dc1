using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>What weights are ranked by: those with the smallest keys go first. A type argument of the kernels that rank.</summary>
internal interface IPruneScore
{
    /// <summary>
    /// Whether weights with equal keys have equal ranks and so go together; else the one with the smaller index goes first.
    /// </summary>
    static abstract bool TiesShare { get; }

    /// <summary>Of one weight; integers, so that every device sorts alike.</summary>
    /// <param name="index">Of the weight in its model: W1 row-major [D, H], then w2 row-major [O, H].</param>
    static abstract uint Key(in OriginViews origin, int slot, int index, float weight);
}

/// <summary>|w|. The bits of a magnitude sort as the magnitude does; NaN goes last.</summary>
internal readonly struct MagnitudeScore : IPruneScore
{
    public static bool TiesShare => true;

    public static uint Key(in OriginViews origin, int slot, int index, float weight) => Of(weight);

    public static uint Of(float value) => GpuMath.Bits(value) & 0x7FFFFFFF;
}

/// <summary>A random word, another one for every weight.</summary>
internal readonly struct RandomScore : IPruneScore
{
    public static bool TiesShare => false;

    public static uint Key(in OriginViews origin, int slot, int index, float weight) => origin.Word(slot, index, RandomStreams.Pruning);
}
