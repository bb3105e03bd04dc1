using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Analyses.Embedding;

/// <summary>Which hidden activations are embedded.</summary>
internal static class EmbeddingFields
{
    private const string Section = "What to embed (t-SNE of hidden activations, dense and pruned)";

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, IReadOnlyList<ClassTask>>(
            "embedding",
            s => s.Embedding,
            (s, tasks) => s with { Embedding = tasks },
            SpecItems.Any(SpecItems.Task))
        {
            FromText = (s, flag, text, data) => text switch
            {
                ListNotation<ClassTask>.None => [],
                TaskList.EveryPair => s.Tasks,
                _ => TaskList.Read(text, data, flag),
            },
            Rule = s => s.Embedding.Except(s.Tasks)
                .Select(task => $"{task} is not trained; must be some of the sweep's tasks, or none").FirstOrDefault(),
            Section = Section, Example = "4v9",
            Help = "tasks, `all` or `none` (paper: 4v9); of each the model of 24 hidden units and rate 0.03, or the nearest, at the first "
                + "seed: the one that the report shows",
        },
    ];
}
