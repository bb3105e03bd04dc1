namespace GpuMlp.Engine.Tables;

/// <summary>
/// What a model with its final parameters does on one set of images: of a pair figures of the second class, of more classes means over
/// them, see <see cref="Evaluation.ClassFigures"/>.
/// </summary>
public readonly record struct Metrics
{
    /// <summary>Mean cross-entropy, logistic or softmax.</summary>
    [Figure("nats")] public required double Loss { get; init; }
    [Figure("0..1")] public required double Accuracy { get; init; }
    [Figure("0..1")] public required double Precision { get; init; }
    [Figure("0..1")] public required double Recall { get; init; }
    [Figure("0..1", Head = "F1")] public required double F1 { get; init; }

    /// <summary>Exact, ties averaged.</summary>
    [Figure("0..1", Head = "AUC")] public required double Auc { get; init; }

    /// <summary>NaN in all of them.</summary>
    public static Metrics None { get; } = new()
    {
        Loss = double.NaN,
        Accuracy = double.NaN,
        Precision = double.NaN,
        Recall = double.NaN,
        F1 = double.NaN,
        Auc = double.NaN,
    };
}

/// <summary>A trained model.</summary>
[Table("results")]
public record ResultRow : ModelRow
{
    /// <summary>A task counts as learned above this: the published study's own mark.</summary>
    public const double LearnedF1 = 0.90;

    /// <summary>On the training images.</summary>
    [Columns("train_")] public required Metrics Train { get; init; }

    /// <summary>On the validation images.</summary>
    [Columns("val_")] public required Metrics Validation { get; init; }

    /// <summary>From the forward passes of training, before each update.</summary>
    [Figure("0..1", Head = "best train F1")] public required double BestTrainF1 { get; init; }

    /// <summary>1-based epoch of <see cref="BestTrainF1"/>; the first one on ties.</summary>
    [Figure("epoch, 1-based")] public required int? BestTrainF1Epoch { get; init; }

    /// <summary>1-based epoch after which the training F1 first was above <see cref="LearnedF1"/>; null where it never was.</summary>
    [Figure("epoch, 1-based")] public required int? LearnedEpoch { get; init; }

    /// <summary>Hidden units that are 0 on every validation image.</summary>
    [Figure("units", Head = "dead")] public required int? DeadInactive { get; init; }

    /// <summary>Hidden units without a non-zero input weight.</summary>
    [Figure("units")] public required int? DeadNoInput { get; init; }

    /// <summary>Hidden units whose output weight is zero.</summary>
    [Figure("units")] public required int? DeadNoOutput { get; init; }

    /// <summary>On the task's images of the test file; <see cref="Metrics.None"/> where the data have none.</summary>
    [Columns("test_")] public Metrics Test { get; init; } = Metrics.None;

    /// <summary>
    /// With patience: 1-based epoch whose parameters the model has, that of the smallest loss on the validation images; else null.
    /// </summary>
    [Figure("epoch, 1-based")] public int? BestEpoch { get; init; }

    /// <summary>With patience: 1-based epoch after which its training ended; else null.</summary>
    [Figure("epoch, 1-based")] public int? StoppedEpoch { get; init; }
}
