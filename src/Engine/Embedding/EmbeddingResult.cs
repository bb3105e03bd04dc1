namespace GpuMlp.Engine.Embedding;

/// <summary>A picture of one model's hidden activations, in numbers.</summary>
/// <param name="Method"><see cref="CohortEmbedding.Dense"/>, or how the model was pruned.</param>
/// <param name="Sparsity">The level asked for, 0..1; 0 for dense.</param>
/// <param name="Points">Validation images embedded.</param>
/// <param name="Perplexity">About how many neighbours a point has.</param>
/// <param name="Kl">Divergence between neighbourhoods of activations and of the picture, nats; lower is better.</param>
/// <param name="Trustworthiness">0..1; see <see cref="Neighbourhoods"/>.</param>
/// <param name="NeighboursKept">0..1; see <see cref="Neighbourhoods"/>.</param>
public readonly record struct EmbeddingResult(
    string Method, double Sparsity, int Points, double Perplexity, double Kl, double Trustworthiness, double NeighboursKept)
{
    /// <summary>False: the activations or the picture are not finite, and there is nothing to show.</summary>
    public bool IsOk => double.IsFinite(Kl);

    public EmbeddingResult AsFailed() => this with { Kl = double.NaN, Trustworthiness = double.NaN, NeighboursKept = double.NaN };
}

/// <summary>One image in a picture.</summary>
/// <param name="Image">0-based number in the training file.</param>
/// <param name="Label">0 for the task's first class, 1 for its second.</param>
public readonly record struct EmbeddingPlace(string Method, double Sparsity, int Image, int Label, double X, double Y);

/// <summary>All pictures of a model.</summary>
/// <param name="Places">Picture by picture, images in the order of the split.</param>
public sealed record ModelEmbedding(IReadOnlyList<EmbeddingResult> Pictures, IReadOnlyList<EmbeddingPlace> Places)
{
    public static ModelEmbedding None { get; } = new([], []);
}
