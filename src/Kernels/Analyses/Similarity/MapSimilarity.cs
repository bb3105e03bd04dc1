namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>
/// How alike two saliency maps are; magnitudes are compared, so that all methods are on one footing (perturbation has no signs).
/// All three are 1 for the same map, and 0 where one map alone has the same magnitude everywhere, since it ranks nothing.
/// </summary>
/// <param name="Spearman">Correlation of ranks, ties averaged, -1..1.</param>
/// <param name="Ssim">Mean structural similarity of the maps, each divided by its largest magnitude, over every window of 7 x 7 pixels
/// that lies inside, -1..1; see <see cref="SimilarityMath"/>.</param>
/// <param name="TopIou">Pixels that are among the strongest tenth of both maps, as a share of those that are in either, 0..1; a pixel of 0
/// is in none.</param>
public readonly record struct MapSimilarity(double Spearman, double Ssim, double TopIou)
{
    /// <summary>For maps that are not finite.</summary>
    public static MapSimilarity NotANumber => new(double.NaN, double.NaN, double.NaN);

    /// <summary>The same map twice.</summary>
    public static MapSimilarity Same => new(1, 1, 1);

    /// <summary>
    /// A map beside one that says nothing. To leave such images out would leave out those on which pruning did the most, and
    /// make what is left look alike.
    /// </summary>
    public static MapSimilarity Unlike => new(0, 0, 0);

    public static MapSimilarity operator +(MapSimilarity a, MapSimilarity b)
        => new(a.Spearman + b.Spearman, a.Ssim + b.Ssim, a.TopIou + b.TopIou);

    public static MapSimilarity operator /(MapSimilarity sum, int count) => new(sum.Spearman / count, sum.Ssim / count, sum.TopIou / count);

    /// <param name="windows">Of a map.</param>
    internal static MapSimilarity Of(in MapComparison pair, int windows)
    {
        MapFacts a = pair.First, b = pair.Second;
        if (!a.IsFinite || !b.IsFinite)
            return NotANumber;
        if (a.IsFlat || b.IsFlat)
            return a.IsFlat && b.IsFlat && a.IsZero == b.IsZero ? Same : Unlike;
        return new MapSimilarity(
            pair.Ranks / Math.Sqrt((double)a.Variance * b.Variance),
            pair.Windows / (SimilarityMath.Units * (double)windows),
            (double)pair.Top / (a.Top + b.Top - pair.Top));
    }
}
