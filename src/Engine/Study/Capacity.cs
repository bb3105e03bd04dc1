using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>How many hidden units a task needs.</summary>
public static class Capacity
{
    /// <summary>
    /// The smallest H of one task whose models all have a best training F1 of <see cref="Rules.LearnedF1"/>, or null. A seed
    /// that failed, or that the task has only at other sizes, did not learn it.
    /// </summary>
    public static int? EverySeed(IEnumerable<ResultRow> task) => Smallest(task, models => models.All(Learned));

    /// <summary>The smallest H whose median best training F1 is <see cref="Rules.LearnedF1"/>, or null; failed seeds count as 0.</summary>
    public static int? MedianSeed(IEnumerable<ResultRow> task) =>
        Smallest(task, models => Rules.LearnedF1.Admits(Spread.Of(models.Select(model => model.Ok ? model.BestTrainF1 : 0)).Median));

    internal static bool Learned(ResultRow model) => model.Ok && Rules.LearnedF1.Admits(model.BestTrainF1);

    /// <summary>The smallest H that every seed of a task has and whose models are enough, or null.</summary>
    /// <param name="models">Of one task.</param>
    /// <param name="key">Seed and hidden units of a model.</param>
    /// <param name="enough">Whether the models of one H are.</param>
    public static int? Smallest<T>(IEnumerable<T> models, Func<T, (int Seed, int Hidden)> key, Func<IReadOnlyList<T>, bool> enough)
    {
        T[] task = [.. models];
        int seeds = task.Select(model => key(model).Seed).Distinct().Count();
        return task
            .GroupBy(model => key(model).Hidden)
            .Where(size => size.Count() >= seeds && enough([.. size]))
            .Select(size => (int?)size.Key)
            .Min();
    }

    private static int? Smallest(IEnumerable<ResultRow> task, Func<IReadOnlyList<ResultRow>, bool> enough) =>
        Smallest(task, row => (row.Seed, row.Kind.Hidden), enough);
}
