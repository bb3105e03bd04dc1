namespace GpuMlp.Engine.Study;

/// <summary>How a model was made sparse.</summary>
/// <param name="Method">The ranking.</param>
/// <param name="Protocol">Empty for one shot; <c>finetune</c> or <c>rewind</c> with the epochs after it.</param>
public readonly record struct PruningHow(TrainedHow Trained, string Method, string Protocol)
{
    /// <summary>Whether it is what the study did; on other trainings than its own, what its ranking does alone.</summary>
    internal bool IsStudys(StudyTables tables) => Method == StudyFigures.Ranking && Protocol.Length == 0 && Trained == tables.Focus.How;

    internal string Describe(StudyTables tables)
    {
        string ranking = $"by {Method}{(Protocol.Length > 0 ? $" + {Protocol}" : "")}";
        return tables.Variants.Count > 1 ? $"{ranking} ({Trained})" : ranking;
    }
}

/// <summary>What pruning costs models that differ in the seed alone.</summary>
/// <param name="Dense">Validation F1 before, over the seeds.</param>
/// <param name="Pruned">The same after.</param>
/// <param name="Loss">Mean over the seeds of before minus after.</param>
public sealed record PruningLoss(ModelKind Kind, PruningHow How, double Sparsity, Spread Dense, Spread Pruned, double Loss)
{
    public bool Kept => Loss <= Rules.KeptF1;

    /// <summary><c>4v9 H24</c></summary>
    public string Model => $"{Kind.Task} H{Kind.Hidden}";

    /// <summary>All kinds of models, at the focus's rate, whose dense F1 makes a loss mean something.</summary>
    public static IReadOnlyList<PruningLoss> All(StudyTables tables)
    {
        Dictionary<(ModelKind, int), double> dense = tables.Results
            .Where(row => row.Ok && row.Kind.Rate == tables.Focus.Rate)
            .ToDictionary(row => (row.Kind, row.Seed), row => row.ValF1);
        var oneShot = (tables.Pruning ?? []).Select(row => (row.Kind, row.Seed, How: new PruningHow(row.Kind.How, row.Method, ""), row.Sparsity, row.ValF1));
        var trained = (tables.Finetune ?? []).Select(row =>
            (row.Kind, row.Seed, How: new PruningHow(row.Kind.How, row.Method, $"{row.Protocol} of {row.Epochs} epochs"), row.Sparsity, row.ValF1));
        return
        [
            .. from row in oneShot.Concat(trained)
               where dense.ContainsKey((row.Kind, row.Seed)) && !double.IsNaN(row.ValF1)
               group (Before: dense[(row.Kind, row.Seed)], After: row.ValF1) by (row.Kind, row.How, row.Sparsity) into seeds
               let before = Spread.Of(seeds.Select(seed => seed.Before))
               where before.Mean >= Rules.WorthPruningF1
               select new PruningLoss(
                   seeds.Key.Kind, seeds.Key.How, seeds.Key.Sparsity, before, Spread.Of(seeds.Select(seed => seed.After)),
                   seeds.Average(seed => seed.Before - seed.After)),
        ];
    }
}
