using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Specs;

/// <summary>The comparison of learning rates, which only presets and files can ask for.</summary>
internal static class RateFields
{
    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, IReadOnlyList<double>>(
            "rate_grid",
            s => s.RateGrid,
            (s, rates) => s with { RateGrid = rates },
            SpecItems.Any(SpecItems.Rate))
        {
            Rule = s => s.RateGrid.Any(s.LearningRates.Contains) ? "holds a rate of lr; must be other rates"
                : s.RateGrid.Count == 0 != (s.RateTasks.Count == 0) ? "rates and rate_tasks belong together; must be both or none"
                : null,
            MakesModels = true, IsYounger = true, Example = "0.001,0.01",
        },
        new Field<SweepSpec, IReadOnlyList<ClassTask>>(
            "rate_tasks",
            s => s.RateTasks,
            (s, tasks) => s with { RateTasks = tasks },
            SpecItems.Any(SpecItems.Task))
        {
            Rule = s => s.RateTasks.Except(s.Tasks).Select(task => $"{task} is out of range; must be one of the tasks").FirstOrDefault(),
            IsYounger = true, Example = "4v9",
        },
    ];
}
