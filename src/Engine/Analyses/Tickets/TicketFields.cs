using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Analyses.Tickets;

/// <summary>How models are pruned round by round.</summary>
internal static class TicketFields
{
    private const string Section = "What to prune in rounds (train, prune, rewind, train again)", NoRounds = "nothing is pruned in rounds; "
        + "rounds must be given";

    private static readonly SweepSpec s_usual = new();

    // Rankings that a mask keeps nested: what is 0 goes first. By movement a pruned weight would count as one that has moved.
    private static readonly PruneMethod[] s_rankings = [PruneMethod.Layer, PruneMethod.Global, PruneMethod.W1];

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, int>(
            "rounds", s => s.Rounds, (s, rounds) => s with { Rounds = rounds }, new WholeNotation(0, SweepSpec.MaxLevels))
        {
            IsYounger = true, Section = Section, Example = "10",
            Help = "rounds that each take a share of the weights left, rewind the others and train them again; beside them the same "
                + "masks over new random weights, and random masks: tickets.csv (paper: 0)",
        },
        new Field<SweepSpec, double>(
            "prune_per_round",
            s => s.PrunePerRound, (s, share) => s with { PrunePerRound = share }, new NumberNotation(0.001, 0.999))
        {
            Rule = s => s.Rounds == 0 && s.PrunePerRound != s_usual.PrunePerRound ? NoRounds : null,
            IsYounger = true, Section = Section, Example = "0.3",
            Help = "share of the weights left that a round takes (default: 0.2)",
        },
        new Field<SweepSpec, int>(
            "rewind_to", s => s.RewindTo, (s, epoch) => s with { RewindTo = epoch }, new WholeNotation(0, SweepSpec.MaxEpochs))
        {
            Rule = s => s.RewindTo == 0 ? null
                : s.Rounds == 0 ? NoRounds
                : s.Epochs.Count > 0 && s.RewindTo >= s.Epochs.Min()
                    ? $"{s.RewindTo} leaves no epoch of {s.Epochs.Min()} to train; must be less than every number of epochs"
                : null,
            IsYounger = true, Section = Section, Example = "1",
            Help = "weights are rewound to those after so many epochs, and trained for the epochs after these (default: 0, the initial "
                + "weights)",
        },
        new Field<SweepSpec, PruneMethod>(
            "round_ranking",
            s => s.RoundRanking,
            (s, method) => s with { RoundRanking = method },
            new OneNotation<PruneMethod>(PruningMethods.Item, s_rankings))
        {
            Rule = s => !s_rankings.Contains(s.RoundRanking)
                ? $"{s.RoundRanking} ranks no rounds; must be {Choice.Of(s_rankings.Select(method => method.Name))}"
                : s.Rounds == 0 && s.RoundRanking != s_usual.RoundRanking ? NoRounds
                : null,
            IsYounger = true, Section = Section, Value = "layer|global|w1", Example = "global",
            Help = "what goes first in a round, see --pruning (default: layer)",
        },
    ];
}
