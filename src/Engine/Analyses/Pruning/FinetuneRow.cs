using System.Diagnostics.CodeAnalysis;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>Trained further under the mask; all figures are those after the last epoch.</summary>
[Table("finetune")]
public sealed record FinetuneRow : PrunedRow
{
    /// <summary>The two values of <see cref="Protocol"/>.</summary>
    public const string Finetune = "finetune", Rewind = "rewind";

    public FinetuneRow()
    {
    }

    /// <summary>Method, level and figures of a row that was counted after further training.</summary>
    [SetsRequiredMembers]
    public FinetuneRow(PruningRow pruned, string protocol, int epochs)
        : base(pruned) => (Protocol, Method, Sparsity, FinetuneEpochs) = (protocol, pruned.Method, pruned.Sparsity, epochs);

    /// <summary>
    /// <c>finetune</c>: from the trained values; <c>rewind</c>: the kept weights began again at their initial values, biases at 0.
    /// </summary>
    [Column] public required string Protocol { get; init; }
    [Column(Head = "ranking")] public override required string Method { get; init; }
    [Column("0..1, of the weights", Head = "level", Shown = Shown.AsPercent)] public override required double Sparsity { get; init; }
    [Column("epochs", Head = "epochs")] public required int FinetuneEpochs { get; init; }

    public override string Further => $"{Protocol} of {FinetuneEpochs} epoch{(FinetuneEpochs == 1 ? "" : "s")}";
}
