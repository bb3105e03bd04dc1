using GpuMlp.Engine.Embedding;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Training;

/// <summary>Mean binary cross-entropy (nats), fractions 0..1, and exact ROC AUC with ties averaged, over one set of images.</summary>
public readonly record struct Metrics(double Loss, double Accuracy, double Precision, double Recall, double F1, double Auc)
{
    public static Metrics None => new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
}

/// <summary>Training figures of one epoch, from the forward passes that training does anyway (before each update).</summary>
public readonly record struct EpochMetrics(double Loss, double Accuracy, double Precision, double Recall, double F1)
{
    public static EpochMetrics None => new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
}

/// <summary>Everything known of one trained model; of one that failed its weights alone, see <see cref="AsFailed"/>.</summary>
/// <param name="Train">Final parameters on the training images.</param>
/// <param name="Validation">Final parameters on the validation images.</param>
/// <param name="BestTrainF1Epoch">1-based epoch whose forward pass gave <paramref name="BestTrainF1"/>; the first one on ties.</param>
/// <param name="DeadInactive">Hidden units that are 0 on every validation image.</param>
/// <param name="DeadNoInput">Hidden units without a non-zero input weight.</param>
/// <param name="DeadNoOutput">Hidden units whose output weight is zero.</param>
/// <param name="Status"><see cref="Trainer.Ok"/> or <see cref="Trainer.Failed"/>.</param>
/// <param name="History">One entry an epoch.</param>
/// <param name="Pruning">One entry a method (outer) and level (inner) of the spec; empty for a spec without pruning.</param>
public sealed record ModelResult(
    ModelKey Key,
    Metrics Train,
    Metrics Validation,
    double BestTrainF1,
    int? BestTrainF1Epoch,
    int? DeadInactive,
    int? DeadNoInput,
    int? DeadNoOutput,
    string Status,
    IReadOnlyList<EpochMetrics> History,
    ModelParameters Weights,
    IReadOnlyList<PruningResult> Pruning)
{
    /// <summary>One entry a corruption of the spec; empty for a spec without.</summary>
    public IReadOnlyList<RobustnessResult> Robustness { get; init; } = [];

    /// <summary>One entry a protocol (outer), method and level (inner) of the spec; empty for a spec without further training.</summary>
    public IReadOnlyList<FinetuneResult> Finetune { get; init; } = [];

    /// <summary>Pictures of its hidden activations; most models have none.</summary>
    public ModelEmbedding Embedding { get; init; } = ModelEmbedding.None;

    /// <summary>See <see cref="CohortSimilarity.Evaluate"/>; empty for a spec without.</summary>
    public IReadOnlyList<SimilarityResult> Similarity { get; init; } = [];

    /// <summary>
    /// The same model as one that failed. It has the rows of every table and no figure in any, NaN or null: figures of weights that
    /// are not finite look like others (a ReLU makes 0 of NaN: accuracy 0.5), and would be taken for some.
    /// </summary>
    public ModelResult AsFailed() => this with
    {
        Train = Metrics.None,
        Validation = Metrics.None,
        BestTrainF1 = double.NaN,
        BestTrainF1Epoch = null,
        DeadInactive = null,
        DeadNoInput = null,
        DeadNoOutput = null,
        Status = Trainer.Failed,
        History = [.. History.Select(_ => EpochMetrics.None)],
        Pruning = [.. Pruning.Select(row => PruningResult.Failed(row.Method, row.Sparsity))],
        Robustness = [.. Robustness.Select(row => RobustnessResult.Failed(row.Corruption))],
        Finetune = [.. Finetune.Select(row => row with { Pruned = PruningResult.Failed(row.Pruned.Method, row.Pruned.Sparsity) })],
        Embedding = new ModelEmbedding([.. Embedding.Pictures.Select(picture => picture.AsFailed())], []),
        Similarity = [.. Similarity.Select(row => row with { Similarity = MapSimilarity.NotANumber })],
    };
}

/// <summary>The identifying columns of every table, in their order: task, seed, hidden, lr, batch, epochs, init_std, weight_decay.</summary>
/// <param name="Batch"><c>full</c> or the number of images.</param>
public sealed record ModelKey(
    string Task, int Seed, int Hidden, double LearningRate, string Batch, int Epochs, double InitStd, double WeightDecay)
{
    public static ModelKey Of(PairTask task, int seed, TrainingVariant variant, ModelSpec model) => new(
        task.ToString(), seed, model.Hidden, model.LearningRate, variant.BatchName, variant.Epochs, variant.InitStd, variant.WeightDecay);
}
