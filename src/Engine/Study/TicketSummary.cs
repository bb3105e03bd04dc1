using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>How far a kind of models can be pruned in rounds: the last round up to which no round costs too much.</summary>
/// <param name="Round">0: the first round costs too much already.</param>
/// <param name="WeightsLeft">Mean over the seeds.</param>
/// <param name="ShareLeft">The same of the weights of an unpruned model, 0..1.</param>
/// <param name="ValF1">Over the seeds.</param>
public sealed record KeptRound(int Round, double WeightsLeft, double ShareLeft, Spread ValF1);

/// <summary>Models that differ in the seed alone, as tickets and as their controls.</summary>
/// <param name="Dense">Validation F1 before.</param>
/// <param name="Kept">By control.</param>
/// <param name="Ahead">Of each seed that did not fail, F1 of the ticket less F1 of a control, in the ticket's kept round; by control; empty
/// where the ticket is kept in no round.</param>
public sealed record TicketSummary(
    ModelKind Kind, Spread Dense, IReadOnlyDictionary<string, KeptRound> Kept, IReadOnlyDictionary<string, double[]> Ahead)
{
    /// <summary>In the order of the report.</summary>
    public static IReadOnlyList<string> Controls { get; } = [TicketRow.Ticket, TicketRow.Reinit, TicketRow.Random];

    /// <summary>Of the kinds of models that learned enough for a loss to mean something, in the order of their rows.</summary>
    public static IReadOnlyList<TicketSummary> Of(StudyTables tables) =>
    [
        .. from kind in tables.Rounds.GroupBy(row => row.Kind)
           let summary = Of(kind.Key, [.. kind])
           where Rules.WorthPruningF1.Admits(summary.Dense.Mean)
           select summary,
    ];

    /// <summary>What all of them say together, in sentences; empty for none.</summary>
    public static string Say(IReadOnlyList<TicketSummary> kinds)
    {
        if (kinds.Count == 0)
            return "";
        string Beside(string control, string name)
        {
            int fewer = kinds.Count(kind => kind.Kept[TicketRow.Ticket].ShareLeft < kind.Kept[control].ShareLeft);
            int more = kinds.Count(kind => kind.Kept[TicketRow.Ticket].ShareLeft > kind.Kept[control].ShareLeft);
            double[] ahead = [.. kinds.SelectMany(kind => kind.Ahead[control])];
            string pairs = ahead.Length == 0 ? ""
                : $", in the ticket's last round of these its F1 differs by {Study.Say.Change(ahead.Average())} (mean over {ahead.Length} "
                    + $"pairs of model and seed, higher in {ahead.Count(difference => difference > 0)})";
            return $"than {name} for {fewer} of {kinds.Count} kinds of models (more for {more}){pairs}";
        }

        string left = string.Join(", ", Controls.Select(control =>
            $"{Study.Say.Percent(Math.Round(Spread.Of(kinds.Select(kind => kind.Kept[control].ShareLeft)).Median, 3))} ({control})"));
        return $"Within {Rules.KeptF1.Number} of the unpruned F1, the ticket needs fewer weights {Beside(TicketRow.Reinit,
            "the same mask over other weights")}; and {Beside(TicketRow.Random, "a random mask")}. Median share of the weights that is "
            + $"enough: {left}.";
    }

    private static TicketSummary Of(ModelKind kind, TicketRow[] rows)
    {
        Dictionary<int, TicketRow> dense = rows.Where(row => row.Round == 0).ToDictionary(row => row.Seed);
        double weights = dense.Values.Average(row => row.WeightsLeft ?? double.NaN);
        var kept = Controls.ToDictionary(control => control, control => rows
            .Where(row => row.Round == 0 || row.Control == control).GroupBy(row => row.Round).OrderBy(round => round.Key)
            .TakeWhile(round => Rules.KeptF1.Admits(round.Average(row => Before(row) - row.ValF1)))
            .Select(round => new KeptRound(
                round.Key, round.Average(row => row.WeightsLeft!.Value), round.Average(row => row.WeightsLeft!.Value) / weights,
                Spread.Of(round.Select(row => row.ValF1))))
            .LastOrDefault() ?? new KeptRound(0, weights, 1, Spread.Of([double.NaN])));
        int last = kept[TicketRow.Ticket].Round;
        Dictionary<int, double> tickets = rows.Where(row => row.Round == last && row.Control == TicketRow.Ticket)
            .ToDictionary(row => row.Seed, row => row.ValF1);
        return new TicketSummary(kind, Spread.Of(dense.Values.Select(row => row.ValF1)), kept, Controls.ToDictionary(
            control => control,
            control => last == 0 ? [] : (double[])
            [
                .. rows.Where(row => row.Ok && row.Round == last && row.Control == control).Select(row => tickets[row.Seed] - row.ValF1),
            ]));

        double Before(TicketRow row) => dense.TryGetValue(row.Seed, out TicketRow? before) ? before.ValF1 : double.NaN;
    }
}
