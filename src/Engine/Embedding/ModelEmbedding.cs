using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Embedding;

/// <summary>All pictures of a model.</summary>
/// <param name="Places">Picture by picture, images in the order of the split.</param>
public sealed record ModelEmbedding(IReadOnlyList<EmbeddingRow> Pictures, IReadOnlyList<EmbeddingPoint> Places)
{
    public static ModelEmbedding None { get; } = new([], []);
}
