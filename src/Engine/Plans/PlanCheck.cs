using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>Whether the units of a plan are such as <see cref="Plan.Create"/> cuts: a hash that fits says only who wrote it.</summary>
internal static class PlanCheck
{
    /// <summary>Goes through the units in the order in which they are cut.</summary>
    /// <param name="spec">A valid one, of a size that is allowed.</param>
    /// <returns>
    /// The first field that is wrong, such as <c>units[3].seed</c>, and what it must be; null when every model of every cohort
    /// is in one unit, in order.
    /// </returns>
    public static (string Field, string Problem)? Units(SweepSpec spec, IReadOnlyList<WorkUnit> units)
    {
        IReadOnlyList<TrainingVariant> variants = spec.Variants();
        int models = spec.CohortSize, rates = spec.RateGrid.Count * spec.Hidden.Count, next = 0;
        foreach (ClassTask task in spec.Tasks)
        {
            int[] ends = spec.RateTasks.Contains(task) ? [models, models + rates] : [models];
            foreach (int seed in spec.Seeds)
            {
                for (int variant = 0; variant < variants.Count; variant++)
                {
                    int first = 0;
                    foreach (int end in variant == 0 ? ends : [models])
                    {
                        // Of the data nothing is known here; a single pixel and image allow the largest units.
                        SweepSpec analysed = end > models ? spec.WithoutAnalyses() : spec;
                        (int columns, int most) = Plan.UnitLimits(
                            analysed, inputs: 1, new SplitSize(1), variants[variant].Epochs, double.PositiveInfinity);
                        while (first < end)
                        {
                            if (next == units.Count)
                                return ("units", $"end after {next}; another for {task}, seed {seed}, from model {first} on must follow");
                            WorkUnit unit = units[next], right = new(next, task, seed, first, unit.ModelCount, variant);
                            if (unit != right)
                                return Difference(unit, right);
                            if (unit.ModelCount < 1 || unit.ModelCount > end - first)
                                return ($"units[{next}].model_count", $"{unit.ModelCount}; must be 1 to {end - first} here");
                            if (unit.ModelCount > 1 && (unit.ModelCount > most || Columns(spec, unit) > columns))
                                return ($"units[{next}].model_count", $"{unit.ModelCount}; must be less, no unit is planned so large");
                            first += unit.ModelCount;
                            next++;
                        }
                    }
                }
            }
        }

        return next == units.Count ? null : ($"units[{next}]", "one too many; every model is in a unit before it");
    }

    private static long Columns(SweepSpec spec, WorkUnit unit) =>
        Enumerable.Range(unit.FirstModel, unit.ModelCount).Sum(model => (long)spec.Hidden[model % spec.Hidden.Count]);

    private static (string Field, string Problem) Difference(WorkUnit unit, WorkUnit right)
    {
        (string field, object found, object must) =
            unit.Id != right.Id ? ("id", (object)unit.Id, (object)right.Id)
            : unit.Task != right.Task ? ("task", unit.Task, right.Task)
            : unit.Seed != right.Seed ? ("seed", unit.Seed, right.Seed)
            : unit.Variant != right.Variant ? ("variant", unit.Variant, right.Variant)
            : ("first_model", unit.FirstModel, right.FirstModel);
        return ($"units[{right.Id}].{field}", FormattableString.Invariant($"{found}; must be {must} here"));
    }
}
