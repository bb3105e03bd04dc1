using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>A trained model at one level of pruning, perhaps after further training.</summary>
public abstract record PrunedRow : ModelRow
{
    /// <summary>The ranking, as in flags: <c>layer</c>.</summary>
    public abstract string Method { get; init; }

    /// <summary>The level asked for, 0..1.</summary>
    public abstract double Sparsity { get; init; }

    /// <summary>What was done after pruning: <c>rewind of 10 epochs</c>; empty for nothing.</summary>
    public virtual string Further => "";

    /// <summary>Share of W1 that is zero; counted, so ties and weights that were zero before are in it.</summary>
    [Figure("0..1", Head = "zero W1")] public required double ZeroW1 { get; init; }

    /// <summary>The same of w2.</summary>
    [Figure("0..1", Head = "zero W2")] public required double ZeroW2 { get; init; }

    /// <summary>Weights of W1 and w2 that are not zero.</summary>
    [Figure("weights", Head = "weights left")] public required int? WeightsLeft { get; init; }
    [Figure("0..1", Head = "val F1")] public required double ValF1 { get; init; }
    [Figure("0..1")] public required double ValAuc { get; init; }
    [Figure("0..1")] public required double ValAccuracy { get; init; }

    /// <summary>Hidden units that are 0 on every validation image.</summary>
    [Figure("units", Head = "inactive")] public required int? DeadInactive { get; init; }

    /// <summary>Hidden units without a non-zero input weight.</summary>
    [Figure("units", Head = "no input weight")] public required int? DeadNoInput { get; init; }

    /// <summary>Hidden units whose output weight is zero.</summary>
    [Figure("units", Head = "no output weight")] public required int? DeadNoOutput { get; init; }
}

/// <summary>Pruned in one shot.</summary>
[Table("pruning")]
public sealed record PruningRow : PrunedRow
{
    [Column(Head = "ranking")] public override required string Method { get; init; }
    [Column("0..1, of the weights", Head = "level", Shown = Shown.AsPercent)] public override required double Sparsity { get; init; }
}
