using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// What a sweep trains: every combination of task, seed, training variant, learning rate and hidden size. Part of the plan,
/// so part of its hash.
/// </summary>
/// <param name="Data"><c>mnist</c> for the embedded set, else the folder given by <c>--data</c>.</param>
/// <param name="Batches">Images in a batch; null is the full training split.</param>
/// <param name="InitStds">Standard deviations of the initial weights; biases start at 0.</param>
/// <param name="WeightDecays">L2 on W1 and w2: times a weight, added to its gradient.</param>
/// <param name="Sparsity">Levels 0..1 at which trained models are pruned; empty when <paramref name="Pruning"/> is, for none.</param>
/// <param name="Pruning">Methods; each is tried at every level.</param>
public sealed record SweepSpec(
    string Data,
    IReadOnlyList<PairTask> Tasks,
    IReadOnlyList<int> Hidden,
    IReadOnlyList<int> Seeds,
    IReadOnlyList<double> LearningRates,
    IReadOnlyList<int> Epochs,
    IReadOnlyList<int?> Batches,
    IReadOnlyList<double> InitStds,
    IReadOnlyList<double> WeightDecays,
    IReadOnlyList<double> Sparsity,
    IReadOnlyList<PruneMethod> Pruning)
{
    /// <summary>The <see cref="Data"/> that are in the box.</summary>
    public const string EmbeddedName = "mnist";

    /// <summary>What is done to validation images, one after the other; empty for none.</summary>
    public IReadOnlyList<Corruption> Corruptions { get; init; } = [];

    /// <summary>Epochs of further training under the mask, after pruning, for every method and level; 0 for none.</summary>
    public int FinetuneEpochs { get; init; }

    /// <summary>Further training also from the initial values of the weights that are kept.</summary>
    public bool Rewind { get; init; }

    /// <summary>Ways of further training: none, fine-tuning, or fine-tuning and rewinding.</summary>
    public int FinetuneProtocols => FinetuneEpochs == 0 ? 0 : Rewind ? 2 : 1;

    /// <summary>Epochs that a unit goes through: training, and further training at each method and level.</summary>
    public long EpochsOf(int epochs) => epochs + ((long)FinetuneEpochs * FinetuneProtocols * Pruning.Count * Sparsity.Count);

    /// <summary>Further learning rates for the comparison of rates, all hidden sizes and seeds, trained and evaluated only; empty for none.</summary>
    public IReadOnlyList<double> RateGrid { get; init; } = [];

    /// <summary>The tasks on which <see cref="RateGrid"/> is tried; empty when that is.</summary>
    public IReadOnlyList<PairTask> RateTasks { get; init; } = [];

    /// <summary>The same training, and nothing done with the models after it.</summary>
    public SweepSpec WithoutAnalyses() => this with { Sparsity = [], Pruning = [], Corruptions = [], FinetuneEpochs = 0, Rewind = false, Embedding = [], Similarity = [] };

    /// <summary>The same without <see cref="RateGrid"/>.</summary>
    public SweepSpec WithoutRates() => this with { RateGrid = [], RateTasks = [] };

    /// <summary>Tasks of which one model's hidden activations, those of <see cref="ShownModel"/>, are embedded; empty for none.</summary>
    public IReadOnlyList<PairTask> Embedding { get; init; } = [];

    /// <summary>
    /// The embedding of a preset or file fitted to other tasks: those of its tasks that are left; on data that the preset was not
    /// made for, where none is left, that of <see cref="ShownModel"/>.
    /// </summary>
    /// <param name="otherData">The data are not those of the presets.</param>
    public SweepSpec WithFittedEmbedding(bool otherData)
    {
        PairTask[] left = [.. Embedding.Where(Tasks.Contains)];
        bool another = left.Length == 0 && Embedding.Count > 0 && otherData && Tasks.Count > 0;
        return this with { Embedding = another ? [ShownModel.Of(this).Task] : left };
    }

    /// <summary>Saliency methods whose maps of pruned models are compared with those of the trained ones; empty for none.</summary>
    public IReadOnlyList<SaliencyMethod> Similarity { get; init; } = [];

    /// <summary>Images over which the similarity is averaged: the first of the validation images.</summary>
    public int SimilarityImages { get; init; } = 32;

    /// <summary>Every combination of batch (outer), epochs, initial spread and weight decay (inner); made anew at each call.</summary>
    public IReadOnlyList<TrainingVariant> Variants() =>
    [
        .. from batch in Batches
           from epochs in Epochs
           from std in InitStds
           from decay in WeightDecays
           select new TrainingVariant(batch, epochs, std, decay),
    ];

    /// <summary>How many <see cref="Variants"/> there are; in double, since nothing has checked the lists yet.</summary>
    public double VariantCount => (double)Batches.Count * Epochs.Count * InitStds.Count * WeightDecays.Count;
}

/// <summary>One model of a cohort. H units, trained at its own rate.</summary>
public readonly record struct ModelSpec(int Hidden, double LearningRate)
{
    /// <summary>As in weight files: <c>h24-lr0.03</c>, <c>h24-lr1e-05</c>; the rate reads as in the tables.</summary>
    public string Name => $"h{Hidden}-lr{LearningRate:R}".Replace('E', 'e');

    /// <summary>What tables call it.</summary>
    public ModelKey KeyOf(PairTask task, int seed, TrainingVariant variant) => new()
    {
        Task = task.ToString(),
        Seed = seed,
        Hidden = Hidden,
        LearningRate = LearningRate,
        How = variant.How,
    };
}
