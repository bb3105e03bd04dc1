namespace GpuMlp.Engine.Saliency;

/// <summary>How alike two saliency maps are; magnitudes are compared, so that all methods are on one footing (perturbation has no signs).</summary>
/// <param name="Spearman">Correlation of ranks, ties averaged, -1..1; 0 when a map has the same magnitude everywhere, since it ranks nothing.</param>
/// <param name="Ssim">Mean structural similarity of the maps, each divided by its largest magnitude, -1..1; see <see cref="SsimWindows"/>.</param>
/// <param name="TopIou">Pixels that are among the strongest tenth of both maps, as a share of those that are in either, 0..1; a pixel of 0 is in none.</param>
public readonly record struct MapSimilarity(double Spearman, double Ssim, double TopIou)
{
    /// <summary>For maps that are not finite.</summary>
    public static MapSimilarity NotANumber => new(double.NaN, double.NaN, double.NaN);

    public static MapSimilarity operator +(MapSimilarity a, MapSimilarity b) => new(a.Spearman + b.Spearman, a.Ssim + b.Ssim, a.TopIou + b.TopIou);

    public static MapSimilarity operator /(MapSimilarity sum, int count) => new(sum.Spearman / count, sum.Ssim / count, sum.TopIou / count);
}
