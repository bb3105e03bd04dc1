using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Embedding;

/// <summary>A picture of one model's hidden activations, in numbers.</summary>
[Table("embedding")]
public sealed record EmbeddingRow : ModelRow
{
    /// <summary><see cref="Method"/> of the model before pruning.</summary>
    public const string Dense = "dense";

    /// <summary><see cref="Dense"/>, or how the model was pruned.</summary>
    [Column(Head = "ranking")] public required string Method { get; init; }

    /// <summary>0 for dense.</summary>
    [Column("0..1, of the weights", Head = "level", Shown = Shown.AsPercent)] public required double Sparsity { get; init; }
    [Column("validation images")] public required int Points { get; init; }

    /// <summary>About how many neighbours a point has.</summary>
    [Column(Shown = Shown.Exactly)] public required double Perplexity { get; init; }

    /// <summary>Divergence between neighbourhoods of activations and of the picture; lower is better.</summary>
    [Figure("nats", Head = "KL")] public required double Kl { get; init; }

    /// <summary>See <see cref="Neighbourhoods"/>.</summary>
    [Figure("0..1")] public required double Trustworthiness { get; init; }

    /// <inheritdoc cref="Trustworthiness"/>
    [Figure("0..1")] public required double NeighboursKept { get; init; }

    /// <summary>
    /// Share of the nearest neighbours in the picture that have a point's own label, 0..1; NaN where its points were not read. In no file.
    /// </summary>
    public double Purity { get; init; } = double.NaN;
}

/// <summary>One image in a picture.</summary>
[Table("embedding_points")]
public sealed record EmbeddingPoint : ModelRow
{
    [Column] public required string Method { get; init; }
    [Column("0..1, of the weights")] public required double Sparsity { get; init; }
    [Column("0-based number in the training file")] public required int Image { get; init; }
    [Column("0 for the task's first class, 1 for its second")] public required int Label { get; init; }
    [Column] public required double X { get; init; }
    [Column] public required double Y { get; init; }
}
