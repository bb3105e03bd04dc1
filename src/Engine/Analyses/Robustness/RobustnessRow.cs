using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Robustness;

/// <summary>A trained model on its validation images, all of them corrupted in one way.</summary>
[Table("robustness")]
public sealed record RobustnessRow : ModelRow
{
    /// <summary>As in flags: <c>gaussian</c>.</summary>
    [Column] public required string Corruption { get; init; }
    [Column("of the corruption", Shown = Shown.Exactly)] public required double Severity { get; init; }
    [Figure("0..1", Head = "val F1")] public required double ValF1 { get; init; }
    [Figure("0..1")] public required double ValAccuracy { get; init; }
}
