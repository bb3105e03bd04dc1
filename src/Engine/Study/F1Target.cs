using System.Globalization;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>The mean validation F1 over the seeds that is enough, by which the smallest and the fastest models are found.</summary>
/// <param name="Asked">0..1; null: as good as the best model of the task, but for <see cref="Tolerance"/>.</param>
public readonly record struct F1Target(double? Asked)
{
    /// <summary>What a mean F1 may be lower than another and still count as the same.</summary>
    public const double Tolerance = 0.01;

    /// <summary>As in "models with ...".</summary>
    public string Words => Asked is { } asked
        ? $"a mean validation F1 of at least {asked.ToString("0.###", CultureInfo.InvariantCulture)}"
        : $"a mean validation F1 within {Tolerance.ToString(CultureInfo.InvariantCulture)} of the best of their task";

    /// <summary>The bound for one task; null where it has no model to measure others by.</summary>
    public Bound? Of(IEnumerable<SeedGroup> task) =>
        Asked is { } asked ? Bound.AtLeast(asked)
        : SeedGroup.Best(task) is { } best ? Bound.AtLeast(best.ValF1.Mean - Tolerance)
        : null;
}

/// <summary>Models that differ in the seed alone.</summary>
/// <param name="Models">At least one.</param>
public sealed record SeedGroup(ModelKind Kind, IReadOnlyList<ResultRow> Models)
{
    /// <summary>NaN where a model failed: a mean of those that are left would flatter what makes models fail.</summary>
    public Spread ValF1 { get; } = Spread.Of(Models.Select(model => model.Validation.F1));

    public static IReadOnlyList<SeedGroup> Of(IEnumerable<ResultRow> models) =>
        [.. models.GroupBy(model => model.Kind).Select(group => new SeedGroup(group.Key, [.. group]))];

    /// <summary>The one with the highest mean validation F1; of equals the smallest. Null where all failed.</summary>
    public static SeedGroup? Best(IEnumerable<SeedGroup> groups) =>
        groups.Where(group => !double.IsNaN(group.ValF1.Mean)).OrderByDescending(group => group.ValF1.Mean)
            .ThenBy(group => group.Kind.Hidden).FirstOrDefault();
}
