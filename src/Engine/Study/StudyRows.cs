using GpuMlp.Engine.Sweeps;

namespace GpuMlp.Engine.Study;

/// <summary>How a model was trained, apart from its rate: the columns batch, epochs, init_std, weight_decay.</summary>
/// <param name="Batch"><c>full</c> or the number of images.</param>
public readonly record struct TrainedHow(string Batch, int Epochs, double InitStd, double WeightDecay)
{
    public static TrainedHow Of(TrainingVariant variant) => new(variant.BatchName, variant.Epochs, variant.InitStd, variant.WeightDecay);

    public override string ToString() => $"batch {Batch}, {Epochs} epochs, initial sd {InitStd:R}, weight decay {WeightDecay:R}";
}

/// <summary>Models that differ in the seed alone.</summary>
public readonly record struct ModelKind(string Task, int Hidden, double Rate, TrainedHow How);

/// <summary>A model of results.parquet; figures as the columns of the same names.</summary>
/// <param name="Ok">False: it failed, and its figures mean nothing.</param>
public sealed record ResultRow(
    ModelKind Kind,
    int Seed,
    double BestTrainF1,
    double TrainF1,
    double ValF1,
    double ValAuc,
    double ValAccuracy,
    int DeadInactive,
    int DeadNoInput,
    int DeadNoOutput,
    bool Ok);

/// <summary>An epoch of training, over the seeds.</summary>
public sealed record CurveRow(ModelKind Kind, int Epoch, double MeanF1, double MinF1, double MaxF1, double MeanLoss);

/// <summary>A model and level of pruning.parquet.</summary>
public sealed record PruningRow(
    ModelKind Kind,
    int Seed,
    string Method,
    double Sparsity,
    double ZeroW1,
    double ZeroW2,
    double ValF1,
    int DeadInactive,
    int DeadNoInput,
    int DeadNoOutput);

/// <summary>A model, corruption and severity of robustness.parquet.</summary>
public sealed record RobustnessRow(ModelKind Kind, int Seed, string Corruption, double Severity, double ValF1);

/// <summary>Similarity of a pruned model's saliency maps to the dense model's, mean over the images; pruning <c>reinitialised</c> is the floor.</summary>
public sealed record SaliencyRow(
    ModelKind Kind, int Seed, string Method, string Pruning, double Sparsity, double Spearman, double Ssim, double TopkIou);

/// <summary>A pruned model after further training.</summary>
public sealed record FinetuneRow(ModelKind Kind, int Seed, string Protocol, string Method, double Sparsity, int Epochs, double ValF1);

/// <summary>A model that did not fail and whose pruned version did, at once or in further training.</summary>
public sealed record FailedVersion(ModelKind Kind, int Seed, PruningHow How, double Sparsity);

/// <summary>A picture of hidden activations. Method <c>dense</c> is the model before pruning.</summary>
/// <param name="Purity">Share of the nearest neighbours in the picture that have a point's own label, 0..1; NaN without points.</param>
public sealed record EmbeddingRow(
    ModelKind Kind, int Seed, string Method, double Sparsity, int Points, double Perplexity, double Kl, double Trustworthiness, double Purity);

/// <summary>One image of an embedding.</summary>
public readonly record struct EmbeddingPoint(double X, double Y, int Label);
