namespace GpuMlp.Engine.Study;

/// <summary>How many hidden units a task needs.</summary>
public static class Capacity
{
    /// <summary>
    /// The smallest H of one task whose models all exceed <see cref="Rules.LearnedF1"/> in best training F1, or null. A seed
    /// that failed, or that the task has only at other sizes, did not exceed it.
    /// </summary>
    public static int? EverySeed(IEnumerable<ResultRow> task) => Smallest(task, models => models.All(Learned));

    /// <summary>The smallest H whose median best training F1 exceeds <see cref="Rules.LearnedF1"/>, or null; failed seeds count as 0.</summary>
    public static int? MedianSeed(IEnumerable<ResultRow> task) =>
        Smallest(task, models => Spread.Of(models.Select(model => model.Ok ? model.BestTrainF1 : 0)).Median > Rules.LearnedF1);

    private static bool Learned(ResultRow model) => model.Ok && model.BestTrainF1 > Rules.LearnedF1;

    private static int? Smallest(IEnumerable<ResultRow> task, Func<IReadOnlyList<ResultRow>, bool> enough)
    {
        ResultRow[] rows = [.. task];
        int seeds = rows.Select(row => row.Seed).Distinct().Count();
        return rows
            .GroupBy(row => row.Kind.Hidden)
            .Where(size => size.Count() >= seeds && enough([.. size]))
            .Select(size => (int?)size.Key)
            .Min();
    }
}
