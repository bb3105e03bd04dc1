using System.Diagnostics.CodeAnalysis;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Analyses.Tickets;

/// <summary>A model after a round of pruning and further training; round 0 is the model as it was trained.</summary>
[Table("tickets")]
public sealed record TicketRow : PrunedRow
{
    /// <summary>
    /// The values of <see cref="Control"/>: what the rounds make; their mask over other random weights; a random mask over the rewound
    /// weights.
    /// </summary>
    public const string Ticket = "ticket", Reinit = "reinit", Random = "random";

    public TicketRow()
    {
    }

    /// <summary>Method, level and figures of a row that was counted after training.</summary>
    [SetsRequiredMembers]
    public TicketRow(PruningRow pruned, string control, int round, int epochs, double loss)
        : base(pruned) => (Method, Sparsity, Control, Round, TrainedEpochs, ValLoss)
            = (pruned.Method, pruned.Sparsity, control, round, epochs, loss);

    /// <summary>
    /// <c>ticket</c>: the weights that the rounds have kept, rewound; <c>reinit</c>: the same mask over new random weights;
    /// <c>random</c>: a random mask that keeps as many weights of each layer, over the rewound weights.
    /// </summary>
    [Column] public required string Control { get; init; }
    [Column(Head = "ranking")] public override required string Method { get; init; }
    [Column("rounds")] public required int Round { get; init; }

    /// <summary>1 - (1 - share of a round)^round; the counts are rounded down layer by layer.</summary>
    [Column("0..1, of the weights", Head = "level", Shown = Shown.AsPercent)] public override required double Sparsity { get; init; }

    /// <summary>Epochs under the mask.</summary>
    [Column("epochs", Head = "epochs trained")] public required int TrainedEpochs { get; init; }

    /// <summary>Mean cross-entropy on the validation images.</summary>
    [Figure("nats", Head = "val loss")] public required double ValLoss { get; init; }

    public override string Further => Round == 0 ? "" : Control switch
    {
        Ticket => $"rewound in rounds of {Epochs}",
        Reinit => $"its mask after rounds over other weights, {Epochs}",
        _ => $"a random mask as sparse, {Epochs}",
    };

    private string Epochs => $"{TrainedEpochs} epoch{(TrainedEpochs == 1 ? "" : "s")}";
}
