using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>The first epoch at which the mean F1 over the seeds was enough: the answer to a question about history.parquet.</summary>
public sealed record EnoughRow
{
    [Column] public required string Task { get; init; }
    [Column] public required int Hidden { get; init; }
    [Column(Name = "lr")] public required double LearningRate { get; init; }
    [Columns] public required TrainedHow How { get; init; }
    [Column("epoch, 1-based")] public required int Epoch { get; init; }

    public ModelKind Kind => new(Task, Hidden, LearningRate, How);
}

/// <summary>Pruned models that differ in the seed alone.</summary>
/// <param name="WeightsLeft">Mean over the seeds.</param>
public sealed record PrunedGroup(ModelKind Kind, PruningHow How, double Sparsity, double WeightsLeft, Spread ValF1);

/// <summary>Which models of a task are enough, and which of these cost least.</summary>
/// <param name="Target">Mean validation F1 that is enough.</param>
/// <param name="Smallest">Fewest hidden units, of equals the best; null where none is enough.</param>
/// <param name="Sparsest">Fewest weights that are not zero, of the pruned models that are enough; null where none is.</param>
/// <param name="Fastest">
/// Least work to train, that is the fewest epochs x hidden units (the images are the same), with the epoch; null where none is enough or
/// the run has no history.
/// </param>
public sealed record Enough(string Task, Bound Target, SeedGroup? Smallest, PrunedGroup? Sparsest, (SeedGroup Group, int Epoch)? Fastest)
{
    /// <summary>One for each task that has a model to measure others by.</summary>
    public static IReadOnlyList<Enough> Of(StudyTables tables)
    {
        ILookup<string, SeedGroup> groups = SeedGroup.Of(tables.Results).ToLookup(group => group.Kind.Task);
        ILookup<string, PrunedRow> pruned = (tables.Pruning ?? []).Concat<PrunedRow>(tables.Finetune ?? [])
            .Concat(tables.FailedVersions.Where(row => row is not TicketRow)).Concat(tables.Rounds.Where(row => row.Round > 0))
            .ToLookup(row => row.Kind.Task);
        Dictionary<ModelKind, int> epochs = tables.FirstEnough.ToDictionary(row => row.Kind, row => row.Epoch);
        List<Enough> all = [];
        foreach (string task in tables.Tasks)
        {
            if (tables.Target.Of(groups[task]) is not { } target)
                continue;
            SeedGroup[] enough = [.. groups[task].Where(group => target.Admits(group.ValF1.Mean))];
            (SeedGroup Group, int Epoch)[] timed = [.. from one in enough
                                                       where epochs.ContainsKey(one.Kind)
                                                       select (one, epochs[one.Kind])];
            all.Add(new Enough(
                task, target,
                enough.OrderBy(group => group.Kind.Hidden).ThenByDescending(group => group.ValF1.Mean).FirstOrDefault(),
                Groups(pruned[task]).Where(group => target.Admits(group.ValF1.Mean)).OrderBy(group => group.WeightsLeft)
                    .ThenByDescending(group => group.ValF1.Mean).FirstOrDefault(),
                timed.Length == 0 ? null : timed.OrderBy(one => (long)one.Epoch * one.Group.Kind.Hidden)
                    .ThenByDescending(one => one.Group.ValF1.Mean).First()));
        }

        return all;
    }

    private static IEnumerable<PrunedGroup> Groups(IEnumerable<PrunedRow> rows) =>
        from row in rows
        group row by (row.Kind, How: PruningHow.Of(row), row.Sparsity) into seeds
        select new PrunedGroup(
            seeds.Key.Kind, seeds.Key.How, seeds.Key.Sparsity, seeds.Average(row => row.WeightsLeft ?? double.NaN),
            Spread.Of(seeds.Select(row => row.ValF1)));
}
