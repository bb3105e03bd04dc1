namespace GpuMlp.Engine.Tables;

/// <summary>
/// Training figures of one epoch, from the forward passes that training does anyway (before each update). In history.csv they stand
/// behind the model's key and <c>epoch</c> (1-based), and before its <c>status</c>.
/// </summary>
[Table("history")]
public readonly record struct EpochMetrics
{
    /// <summary>Mean binary cross-entropy.</summary>
    [Figure("nats", Name = "train_loss")] public required double Loss { get; init; }
    [Figure("0..1", Name = "train_accuracy")] public required double Accuracy { get; init; }
    [Figure("0..1", Name = "train_precision")] public required double Precision { get; init; }
    [Figure("0..1", Name = "train_recall")] public required double Recall { get; init; }
    [Figure("0..1", Name = "train_f1")] public required double F1 { get; init; }
}
