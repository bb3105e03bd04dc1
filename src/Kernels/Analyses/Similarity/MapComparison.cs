namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>What is known of one ranked map.</summary>
public struct MapFacts
{
    /// <summary>Sum of squares of the ranks' deviations; 0 when all magnitudes are the same.</summary>
    public long Variance;

    /// <summary>Pixels that are in the top; less than 0 for a map that is not finite.</summary>
    public long Top;

    public static MapFacts NotFinite => new() { Top = -1 };

    public readonly bool IsFinite => Top >= 0;

    /// <summary>The same magnitude everywhere: nothing is ranked.</summary>
    public readonly bool IsFlat => Variance == 0;

    /// <summary>0 everywhere.</summary>
    public readonly bool IsZero => Top == 0;
}

/// <summary>Two maps side by side, in integers: what kernels leave of a pair, and all that comes to the host.</summary>
public struct MapComparison
{
    /// <summary>Of the map that was there, and of the one beside it.</summary>
    public MapFacts First, Second;

    /// <summary>Sum of products of the ranks' deviations.</summary>
    public long Ranks;

    /// <summary>Sum over windows, in units of 1 / <see cref="SimilarityMath.Units"/>.</summary>
    public long Windows;

    /// <summary>Pixels that are in the top of both.</summary>
    public long Top;
}
