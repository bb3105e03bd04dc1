using System.Diagnostics.CodeAnalysis;
using GpuMlp.Engine.Embedding;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Training;

/// <summary>Everything known of one trained model: its row of results and what was made of it; of one that failed its weights alone.</summary>
public sealed record ModelResult : ResultRow
{
    [SetsRequiredMembers]
    public ModelResult(ResultRow row, IReadOnlyList<EpochMetrics> history, ModelParameters weights)
        : base(row) => (History, Weights) = (history, weights);

    /// <summary>One entry an epoch.</summary>
    public IReadOnlyList<EpochMetrics> History { get; init; }

    public ModelParameters Weights { get; init; }

    /// <summary>One entry a method (outer) and level (inner) of the spec; empty for a spec without pruning.</summary>
    public IReadOnlyList<PruningRow> Pruning { get; init; } = [];

    /// <summary>One entry a corruption of the spec; empty for a spec without.</summary>
    public IReadOnlyList<RobustnessRow> Robustness { get; init; } = [];

    /// <summary>One entry a protocol (outer), method and level (inner) of the spec; empty for a spec without further training.</summary>
    public IReadOnlyList<FinetuneRow> Finetune { get; init; } = [];

    /// <summary>Pictures of its hidden activations; most models have none.</summary>
    public ModelEmbedding Embedding { get; init; } = ModelEmbedding.None;

    /// <summary>See <see cref="Saliency.CohortSimilarity.Evaluate"/>; empty for a spec without.</summary>
    public IReadOnlyList<SaliencyRow> Similarity { get; init; } = [];

    /// <summary>The same model as one that failed. It has the rows of every table and no figure in any, NaN or null.</summary>
    public ModelResult AsFailed() => new(((ResultRow)this).AsFailed(), [.. History.Select(Schema<EpochMetrics>.WithoutFigures)], Weights)
    {
        Pruning = [.. Pruning.Select(row => row.AsFailed())],
        Robustness = [.. Robustness.Select(row => row.AsFailed())],
        Finetune = [.. Finetune.Select(row => row.AsFailed())],
        Embedding = new ModelEmbedding([.. Embedding.Pictures.Select(picture => picture.AsFailed())], []),
        Similarity = [.. Similarity.Select(row => row.AsFailed())],
    };
}
