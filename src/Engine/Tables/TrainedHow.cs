using System.Globalization;

namespace GpuMlp.Engine.Tables;

/// <summary>
/// How a model was trained, apart from its rate: columns of every table. Those that are younger than some runs have a value that stands for
/// what was done before there was a choice.
/// </summary>
/// <param name="Batch"><c>full</c> or the number of images.</param>
public readonly record struct TrainedHow(
    [property: Column("images, or full")] string Batch,
    [property: Column("passes over the training images")] int Epochs,
    [property: Column] double InitStd,
    [property: Column] double WeightDecay)
{
    /// <summary><c>logistic</c> or <c>softmax</c>.</summary>
    [Column] public string Loss { get; init; } = "logistic";
    [Column] public string Optimizer { get; init; } = "sgd";
    [Column("0..1, 0 where the optimizer has none")] public double Momentum { get; init; }
    [Column("0..1, 0 where the optimizer has none")] public double Beta1 { get; init; }
    [Column("0..1, 0 where the optimizer has none")] public double Beta2 { get; init; }
    [Column("of the rate")] public string Schedule { get; init; } = "constant";
    [Column("balanced or whole")] public string Split { get; init; } = "balanced";
    [Column("share of the training images with another label, 0..1")] public double LabelNoise { get; init; }
    [Column("images that were asked for, or all")] public string TrainImages { get; init; } = "all";
    [Column("none, balanced or a number a class")] public string ClassWeight { get; init; } = "none";
    [Column("probability, 0..0.9")] public double Dropout { get; init; }
    [Column("validations without a better one, 0 for any number")] public int Patience { get; init; }

    /// <summary>Every column with its words, in their order.</summary>
    public static IReadOnlyList<TrainedPart> Parts { get; } =
    [
        new("batch", how => how.Batch) { IsAlwaysTold = true },
        new("epochs", how => $"{how.Epochs}") { IsAlwaysTold = true, HasNameBehind = true },
        new("initial sd", how => Number(how.InitStd)) { IsAlwaysTold = true, Head = "init" },
        new("weight decay", how => Number(how.WeightDecay)) { IsAlwaysTold = true, Head = "decay" },
        new("loss", how => how.Loss),
        new("optimizer", how => how.Optimizer),
        new("momentum", how => Number(how.Momentum)),
        new("beta1", how => Number(how.Beta1)),
        new("beta2", how => Number(how.Beta2)),
        new("schedule", how => how.Schedule),
        new("split", how => how.Split),
        new("label noise", how => Number(how.LabelNoise)),
        new("training images", how => how.TrainImages),
        new("class weight", how => how.ClassWeight),
        new("dropout", how => Number(how.Dropout)),
        new("patience", how => $"{how.Patience}"),
    ];

    // What stands in the columns that are younger.
    internal static TrainedHow Usual => new("", 0, 0, 0);

    /// <summary>
    /// <c>batch full, 100 epochs, initial sd 0.1, weight decay 0, optimizer adam</c>; younger parts where they say something.
    /// </summary>
    public override string ToString()
    {
        TrainedHow how = this;
        return string.Join(", ", Parts.Where(part => part.IsTold(how)).Select(part => part.Words(how)));
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}

/// <summary>One column of <see cref="TrainedHow"/> for people.</summary>
/// <param name="Name">What they call it.</param>
/// <param name="Value">As text.</param>
public sealed record TrainedPart(string Name, Func<TrainedHow, string> Value)
{
    /// <summary>Whether it is told also where it is as it was before there was a choice.</summary>
    public bool IsAlwaysTold { get; init; }

    /// <summary><c>20 epochs</c>, where others are <c>batch 32</c>.</summary>
    public bool HasNameBehind { get; init; }

    /// <summary>What stands above a column of a narrow table.</summary>
    public string Head { get; init; } = Name;

    /// <summary>Whether there is anything to tell.</summary>
    public bool IsTold(TrainedHow how) => IsAlwaysTold || Value(how) != Value(TrainedHow.Usual);

    /// <summary>Name and value.</summary>
    public string Words(TrainedHow how) => HasNameBehind ? $"{Value(how)} {Name}" : $"{Name} {Value(how)}";
}
