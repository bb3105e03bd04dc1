using GpuMlp.Engine.Embedding;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Runs;

/// <summary>The one list of tables that a model has rows in; unit files and the merge go through it in this order.</summary>
internal static class ModelTables
{
    public static IReadOnlyList<ModelTable> All { get; } = [Pruning(), Robustness(), Saliency(), Finetune(), Embedding(), EmbeddingPoints()];

    private static ModelTable<EmbeddingResult> Embedding() => new(
        "embedding",
        spec => spec.Embedding.Count > 0,
        model => model.Embedding.Pictures,
        (model, rows) => model with { Embedding = model.Embedding with { Pictures = rows } },
        cells => new EmbeddingResult(cells.Text(), cells.Number(), cells.Integer(), cells.Number(), cells.Number(), cells.Number(), cells.Number()),
        row => row.IsOk,
        [
            TableColumn<EmbeddingResult>.Text("method", r => r.Method),
            TableColumn<EmbeddingResult>.Number("sparsity", r => r.Sparsity),
            TableColumn<EmbeddingResult>.Integer("points", r => r.Points),
            TableColumn<EmbeddingResult>.Number("perplexity", r => r.Perplexity),
            TableColumn<EmbeddingResult>.Number("kl", r => r.Kl),
            TableColumn<EmbeddingResult>.Number("trustworthiness", r => r.Trustworthiness),
            TableColumn<EmbeddingResult>.Number("neighbours_kept", r => r.NeighboursKept),
        ]);

    // Thousands of rows a picture that nobody reads as text.
    private static ModelTable<EmbeddingPlace> EmbeddingPoints() => new(
        "embedding_points",
        spec => spec.Embedding.Count > 0,
        model => model.Embedding.Places,
        (model, rows) => model with { Embedding = model.Embedding with { Places = rows } },
        cells => new EmbeddingPlace(cells.Text(), cells.Number(), cells.Integer(), cells.Integer(), cells.Number(), cells.Number()),
        _ => true,
        [
            TableColumn<EmbeddingPlace>.Text("method", r => r.Method),
            TableColumn<EmbeddingPlace>.Number("sparsity", r => r.Sparsity),
            TableColumn<EmbeddingPlace>.Integer("image", r => r.Image),
            TableColumn<EmbeddingPlace>.Integer("label", r => r.Label),
            TableColumn<EmbeddingPlace>.Number("x", r => r.X),
            TableColumn<EmbeddingPlace>.Number("y", r => r.Y),
        ])
    {
        HasText = false,
    };

    private static ModelTable<PruningResult> Pruning() => new(
        "pruning",
        spec => spec.Pruning.Count > 0,
        model => model.Pruning,
        (model, rows) => model with { Pruning = rows },
        cells => new PruningResult(
            cells.Text() is var name && PruningMethods.Find(name) is { } method ? method : throw new FormatException($"pruning method {name}"),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Count(),
            cells.Count(),
            cells.Count()),
        row => row.IsOk,
        [
            TableColumn<PruningResult>.Text("method", r => PruningMethods.Name(r.Method)),
            TableColumn<PruningResult>.Number("sparsity", r => r.Sparsity),
            TableColumn<PruningResult>.Number("zero_w1", r => r.ZeroW1),
            TableColumn<PruningResult>.Number("zero_w2", r => r.ZeroW2),
            TableColumn<PruningResult>.Number("val_f1", r => r.ValF1),
            TableColumn<PruningResult>.Number("val_auc", r => r.ValAuc),
            TableColumn<PruningResult>.Number("val_accuracy", r => r.ValAccuracy),
            TableColumn<PruningResult>.Count("dead_inactive", r => r.DeadInactive),
            TableColumn<PruningResult>.Count("dead_no_input", r => r.DeadNoInput),
            TableColumn<PruningResult>.Count("dead_no_output", r => r.DeadNoOutput),
        ]);

    private static ModelTable<FinetuneResult> Finetune() => new(
        "finetune",
        spec => spec.FinetuneProtocols > 0,
        model => model.Finetune,
        (model, rows) => model with { Finetune = rows },
        ReadFinetune,
        row => row.Pruned.IsOk,
        [
            TableColumn<FinetuneResult>.Text("protocol", r => r.Protocol),
            TableColumn<FinetuneResult>.Text("method", r => PruningMethods.Name(r.Pruned.Method)),
            TableColumn<FinetuneResult>.Number("sparsity", r => r.Pruned.Sparsity),
            TableColumn<FinetuneResult>.Integer("finetune_epochs", r => r.Epochs),
            TableColumn<FinetuneResult>.Number("zero_w1", r => r.Pruned.ZeroW1),
            TableColumn<FinetuneResult>.Number("zero_w2", r => r.Pruned.ZeroW2),
            TableColumn<FinetuneResult>.Number("val_f1", r => r.Pruned.ValF1),
            TableColumn<FinetuneResult>.Number("val_auc", r => r.Pruned.ValAuc),
            TableColumn<FinetuneResult>.Number("val_accuracy", r => r.Pruned.ValAccuracy),
            TableColumn<FinetuneResult>.Count("dead_inactive", r => r.Pruned.DeadInactive),
            TableColumn<FinetuneResult>.Count("dead_no_input", r => r.Pruned.DeadNoInput),
            TableColumn<FinetuneResult>.Count("dead_no_output", r => r.Pruned.DeadNoOutput),
        ]);

    private static FinetuneResult ReadFinetune(TableCells cells)
    {
        string protocol = cells.Text(), method = cells.Text();
        double sparsity = cells.Number();
        int epochs = cells.Integer();
        return new FinetuneResult(
            FinetuneResult.IsRewind(protocol) ?? throw new FormatException($"protocol {protocol}"),
            new PruningResult(
                PruningMethods.Find(method) ?? throw new FormatException($"pruning method {method}"),
                sparsity,
                cells.Number(),
                cells.Number(),
                cells.Number(),
                cells.Number(),
                cells.Number(),
                cells.Count(),
                cells.Count(),
                cells.Count()),
            epochs);
    }

    private static ModelTable<RobustnessResult> Robustness() => new(
        "robustness",
        spec => spec.Corruptions.Count > 0,
        model => model.Robustness,
        (model, rows) => model with { Robustness = rows },
        cells => new RobustnessResult(
            new Corruption(
                cells.Text() is var name && CorruptionNames.FindKind(name) is { } kind ? kind : throw new FormatException($"corruption {name}"),
                cells.Number()),
            cells.Number(),
            cells.Number()),
        row => row.IsOk,
        [
            TableColumn<RobustnessResult>.Text("corruption", r => CorruptionNames.Name(r.Corruption.Kind)),
            TableColumn<RobustnessResult>.Number("severity", r => r.Corruption.Severity),
            TableColumn<RobustnessResult>.Number("val_f1", r => r.ValF1),
            TableColumn<RobustnessResult>.Number("val_accuracy", r => r.ValAccuracy),
        ]);

    private static ModelTable<SimilarityResult> Saliency() => new(
        "saliency",
        spec => spec.Similarity.Count > 0,
        model => model.Similarity,
        (model, rows) => model with { Similarity = rows },
        cells =>
        {
            string method = cells.Text(), pruning = cells.Text();
            double sparsity = cells.Number();
            if (cells.Integer() != SimilarityResult.MeanOfSet)
                throw new FormatException("similarity of one image");
            return new SimilarityResult(
                SaliencyNames.Find(method) ?? throw new FormatException($"saliency method {method}"),
                SimilarityResult.PruningOf(pruning),
                sparsity,
                new MapSimilarity(cells.Number(), cells.Number(), cells.Number()));
        },
        row => row.IsOk,
        [
            TableColumn<SimilarityResult>.Text("method", r => SaliencyNames.Name(r.Method)),
            TableColumn<SimilarityResult>.Text("pruning", r => r.PruningName),
            TableColumn<SimilarityResult>.Number("sparsity", r => r.Sparsity),
            TableColumn<SimilarityResult>.Integer("image", _ => SimilarityResult.MeanOfSet),
            TableColumn<SimilarityResult>.Number("spearman", r => r.Similarity.Spearman),
            TableColumn<SimilarityResult>.Number("ssim", r => r.Similarity.Ssim),
            TableColumn<SimilarityResult>.Number("topk_iou", r => r.Similarity.TopIou),
        ]);
}
