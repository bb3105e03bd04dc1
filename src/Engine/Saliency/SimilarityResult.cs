using GpuMlp.Engine.Pruning;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Saliency;

/// <summary>How much the saliency maps of a changed model are like those of the trained one, mean over a fixed set of images.</summary>
/// <param name="Method">How the maps are made.</param>
/// <param name="Pruning">How the model was changed; null for one with new random weights, the floor of all similarity.</param>
/// <param name="Sparsity">Level of the pruning; 0 for new weights.</param>
/// <param name="Similarity">NaN when a map is not finite.</param>
public readonly record struct SimilarityResult(SaliencyMethod Method, PruneMethod? Pruning, double Sparsity, MapSimilarity Similarity)
{
    /// <summary>False: a map is not finite, and there are no figures.</summary>
    public bool IsOk => double.IsFinite(Similarity.Spearman);

    /// <summary>Stands in the column <c>image</c> for the mean over the set.</summary>
    public const int MeanOfSet = -1;

    private const string Reinitialised = "reinitialised";

    /// <summary>The column <c>pruning</c>.</summary>
    public string PruningName => Pruning is { } method ? PruningMethods.Name(method) : Reinitialised;

    /// <exception cref="FormatException">No such name.</exception>
    public static PruneMethod? PruningOf(string name) =>
        name == Reinitialised ? null : PruningMethods.Find(name) ?? throw new FormatException($"pruning method {name}");
}
