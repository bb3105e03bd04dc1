using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>The one list of tables that a model has rows in; unit files and the merge go through it in this order.</summary>
internal static class ModelTables
{
    public static IReadOnlyList<ModelTable> All { get; } =
    [
        new ModelTable<EpochMetrics>(_ => true, model => model.History, (model, rows) => model with { History = rows })
        {
            Counted = "epoch",
        },
        new ModelTable<PruningRow>(spec => spec.Pruning.Count > 0, model => model.Pruning, (model, rows) => model with { Pruning = rows }),
        new ModelTable<RobustnessRow>(
            spec => spec.Corruptions.Count > 0, model => model.Robustness, (model, rows) => model with { Robustness = rows }),
        new ModelTable<SaliencyRow>(
            spec => spec.Similarity.Count > 0, model => model.Similarity, (model, rows) => model with { Similarity = rows }),
        new ModelTable<FinetuneRow>(
            spec => spec.FinetuneProtocols > 0, model => model.Finetune, (model, rows) => model with { Finetune = rows }),
        new ModelTable<EmbeddingRow>(
            spec => spec.Embedding.Count > 0,
            model => model.Embedding.Pictures,
            (model, rows) => model with { Embedding = model.Embedding with { Pictures = rows } }),

        // Thousands of rows a picture that nobody reads as text.
        new ModelTable<EmbeddingPoint>(
            spec => spec.Embedding.Count > 0,
            model => model.Embedding.Places,
            (model, rows) => model with { Embedding = model.Embedding with { Places = rows } }) { HasText = false },
    ];
}
