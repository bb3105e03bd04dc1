namespace GpuMlp.Engine.Tables;

/// <summary>Models that differ in the seed alone.</summary>
public readonly record struct ModelKind(string Task, int Hidden, double Rate, TrainedHow How);

/// <summary>What tells a model from all others of a run: the first columns of every table.</summary>
public sealed record ModelKey
{
    /// <summary><c>4v9</c></summary>
    [Column] public required string Task { get; init; }
    [Column] public required int Seed { get; init; }
    [Column("units", Head = "H")] public required int Hidden { get; init; }
    [Column(Name = "lr", Head = "rate", Shown = Shown.Exactly)] public required double LearningRate { get; init; }
    [Columns] public required TrainedHow How { get; init; }

    public ModelKind Kind => new(Task, Hidden, LearningRate, How);
}
