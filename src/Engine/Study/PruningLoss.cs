using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>How a model was made sparse.</summary>
/// <param name="Method">The ranking.</param>
/// <param name="Protocol">Empty for one shot; <c>finetune</c> or <c>rewind</c> with the epochs after it.</param>
public readonly record struct PruningHow(TrainedHow Trained, string Method, string Protocol)
{
    public static PruningHow Of(PrunedRow row) => new(row.Kind.How, row.Method, row.Further);

    /// <summary>Whether it is what the study did; on other trainings than its own, what its ranking does alone.</summary>
    internal bool IsStudys(StudyTables tables) => Method == StudyFigures.Ranking && Protocol.Length == 0 && Trained == tables.Shown.How;

    internal string Describe(StudyTables tables)
    {
        string ranking = $"by {Method}{(Protocol.Length > 0 ? $" + {Protocol}" : "")}";
        return tables.Variants.Count > 1 ? $"{ranking} ({Trained})" : ranking;
    }
}

/// <summary>What pruning costs models that differ in the seed alone.</summary>
/// <param name="Dense">Validation F1 before, over the seeds.</param>
/// <param name="Pruned">The same after, over the seeds that did not fail.</param>
/// <param name="Loss">Mean over those seeds of before minus after; NaN when all failed.</param>
/// <param name="Failed">Seeds whose weights or logits are no numbers any more.</param>
public sealed record PruningLoss(ModelKind Kind, PruningHow How, double Sparsity, Spread Dense, Spread Pruned, double Loss, int Failed)
{
    public bool Kept => Failed == 0 && Rules.KeptF1.Admits(Loss);

    /// <summary><c>4v9 H24</c></summary>
    public string Model => $"{Kind.Task} H{Kind.Hidden}";

    /// <summary>All kinds of models, at the shown model's rate, whose dense F1 makes a loss mean something.</summary>
    /// <param name="evenPoor">Those too whose dense F1 does not.</param>
    public static IReadOnlyList<PruningLoss> All(StudyTables tables, bool evenPoor = false)
    {
        IEnumerable<PrunedRow> oneShot = tables.Pruning ?? [], trained = tables.Finetune ?? [];
        return Of(tables, oneShot.Concat(trained).Concat(tables.FailedVersions.Where(row => row is not TicketRow)), evenPoor);
    }

    /// <summary>The same of tickets, a round each; without their controls.</summary>
    public static IReadOnlyList<PruningLoss> Rounds(StudyTables tables) =>
        Of(tables, tables.Rounds.Where(row => row is { Round: > 0, Control: TicketRow.Ticket }), evenPoor: false);

    private static PruningLoss[] Of(StudyTables tables, IEnumerable<PrunedRow> rows, bool evenPoor)
    {
        Dictionary<(ModelKind, int), double> dense = tables.Results
            .Where(row => row.Ok && row.Kind.Rate == tables.Shown.Rate)
            .ToDictionary(row => (row.Kind, row.Seed), row => row.Validation.F1);
        return
        [
            .. from row in rows
               where dense.ContainsKey((row.Kind, row.Seed))
               group (Before: dense[(row.Kind, row.Seed)], After: row.ValF1) by (row.Kind, How: PruningHow.Of(row), row.Sparsity) into seeds
               let before = Spread.Of(seeds.Select(seed => seed.Before))
               where evenPoor || Rules.WorthPruningF1.Admits(before.Mean)
               let left = seeds.Where(seed => !double.IsNaN(seed.After)).ToList()
               select new PruningLoss(
                   seeds.Key.Kind, seeds.Key.How, seeds.Key.Sparsity, before, Spread.Of(left.Select(seed => seed.After)),
                   Spread.Of(left.Select(seed => seed.Before - seed.After)).Mean, seeds.Count() - left.Count),
        ];
    }
}
