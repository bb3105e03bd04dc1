using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Predictions;

/// <summary>
/// What a trained model says of one image, a row a logit; of one that failed there are no rows. A value and not an object: a sweep has
/// some ten thousand of them a model.
/// </summary>
[Table("predictions")]
public readonly record struct PredictionRow
{
    /// <summary>The values of <see cref="Part"/>.</summary>
    public const string Train = "train", Validation = "validation", Test = "test";

    public PredictionRow() => Status = Statuses.Ok;

    /// <summary>The images of the model's training and validation, and of the task in the test file. The key has a <c>split</c>.</summary>
    [Column] public required string Part { get; init; }

    /// <summary>In the training file, or in the test file where <see cref="Part"/> is <see cref="Test"/>.</summary>
    [Column("0-based number in its file")] public required int Image { get; init; }
    [Column("place of the image's class in the task, from 0")] public required int Label { get; init; }

    /// <summary>Of one logit the second class.</summary>
    [Column("number of the class that the logit is of")] public required int Class { get; init; }

    /// <summary>One of a pair, positive or 0: the second class. Of several the largest tells the class. A float32, exactly.</summary>
    [Column] public required double Logit { get; init; }

    /// <summary>Always <see cref="Statuses.Ok"/>.</summary>
    [Column("ok or failed")] public string Status { get; init; }
}
