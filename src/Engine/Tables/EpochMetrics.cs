namespace GpuMlp.Engine.Tables;

/// <summary>
/// Figures of one epoch: on the training images from the forward passes that training does anyway (before each update), on the
/// validation images, where the sweep asks for them, after its last update. In history.csv they stand behind the model's key and
/// <c>epoch</c> (1-based), and before its <c>status</c>.
/// </summary>
[Table("history")]
public readonly record struct EpochMetrics
{
    public EpochMetrics() => ValLoss = ValAccuracy = ValF1 = double.NaN;

    /// <summary>Mean cross-entropy, logistic or softmax.</summary>
    [Figure("nats", Name = "train_loss")] public required double Loss { get; init; }
    [Figure("0..1", Name = "train_accuracy")] public required double Accuracy { get; init; }
    [Figure("0..1", Name = "train_precision")] public required double Precision { get; init; }
    [Figure("0..1", Name = "train_recall")] public required double Recall { get; init; }
    [Figure("0..1", Name = "train_f1")] public required double F1 { get; init; }

    /// <summary>NaN after an epoch without validation, like the next two.</summary>
    [Figure("nats")] public double ValLoss { get; init; }
    [Figure("0..1")] public double ValAccuracy { get; init; }
    [Figure("0..1")] public double ValF1 { get; init; }
}
