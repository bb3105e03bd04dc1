using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>
/// How much the saliency maps of a changed model are like those of the trained one, mean over a fixed set of images; see
/// <see cref="Kernels.Analyses.Similarity.MapSimilarity"/>.
/// </summary>
[Table("saliency")]
public sealed record SaliencyRow : ModelRow
{
    /// <summary>Stands in <see cref="Image"/> for the mean over the set.</summary>
    public const int MeanOfSet = -1;

    /// <summary>Stands in <see cref="Pruning"/> for a model with new random weights: the floor of all similarity.</summary>
    public const string Reinitialised = "reinitialised";

    /// <summary>How the maps are made, as in flags.</summary>
    [Column(Head = "map")] public required string Method { get; init; }

    /// <summary>How the model was changed: a ranking, or <see cref="Reinitialised"/>.</summary>
    [Column(Head = "ranking")] public required string Pruning { get; init; }

    /// <summary>Of the pruning; 0 for new weights.</summary>
    [Column("0..1, of the weights", Head = "level", Shown = Shown.AsPercent)] public required double Sparsity { get; init; }
    [Column("number in the training file, -1 for the mean")] public int Image { get; init; } = MeanOfSet;
    [Figure("-1..1", Head = "Spearman")] public required double Spearman { get; init; }
    [Figure("-1..1", Head = "SSIM")] public required double Ssim { get; init; }
    [Figure("0..1", Head = "top-k overlap")] public required double TopkIou { get; init; }
}
