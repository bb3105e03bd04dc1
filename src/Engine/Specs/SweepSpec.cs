using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Specs;

/// <summary>
/// What a sweep trains: every combination of task, seed, training variant, learning rate and hidden size; and what is done with the
/// models after it. Part of the plan, so part of its hash. Each property has its <see cref="Field{TOwner}"/>, which is all that
/// flags, spec files, plans, checks, differences and help know of it.
/// </summary>
public sealed record SweepSpec
{
    /// <summary>The <see cref="Data"/> that are in the box.</summary>
    public const string EmbeddedName = "mnist";

    /// <summary>Most units H of a model, and most passes over the images.</summary>
    public const int MaxHidden = 1024, MaxEpochs = 1_000_000;

    /// <summary>Of pruning, and of corruptions; more than any curve needs, few enough for the rows of one unit.</summary>
    public const int MaxLevels = 1000;

    /// <summary><see cref="EmbeddedName"/> for the embedded set, else the folder given by <c>--data</c>.</summary>
    public string Data { get; init; } = EmbeddedName;

    public IReadOnlyList<PairTask> Tasks { get; init; } = [];

    /// <summary>Sizes H.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [];

    public IReadOnlyList<int> Seeds { get; init; } = [];

    public IReadOnlyList<double> LearningRates { get; init; } = [];

    public IReadOnlyList<int> Epochs { get; init; } = [];

    /// <summary>Images in a batch; null is the full training split.</summary>
    public IReadOnlyList<int?> Batches { get; init; } = [];

    /// <summary>Standard deviations of the initial weights; biases start at 0.</summary>
    public IReadOnlyList<double> InitStds { get; init; } = [];

    /// <summary>L2 on W1 and w2: times a weight, added to its gradient.</summary>
    public IReadOnlyList<double> WeightDecays { get; init; } = [0];

    /// <summary>Epochs between evaluations on the validation images while training; 0 for none.</summary>
    public int ValidateEvery { get; init; }

    /// <summary>Levels 0..1 at which trained models are pruned; empty when <see cref="Pruning"/> is, for none.</summary>
    public IReadOnlyList<double> Sparsity { get; init; } = [];

    /// <summary>Methods; each is tried at every level.</summary>
    public IReadOnlyList<PruneMethod> Pruning { get; init; } = [];

    /// <summary>Tasks of which one model's hidden activations, those of <see cref="ShownModel"/>, are embedded; empty for none.</summary>
    public IReadOnlyList<PairTask> Embedding { get; init; } = [];

    /// <summary>What is done to validation images, one after the other; empty for none.</summary>
    public IReadOnlyList<Corruption> Corruptions { get; init; } = [];

    /// <summary>Saliency methods whose maps of pruned models are compared with those of the trained ones; empty for none.</summary>
    public IReadOnlyList<SaliencyMethod> Similarity { get; init; } = [];

    /// <summary>Images over which the similarity is averaged: the first of the validation images.</summary>
    public int SimilarityImages { get; init; } = 32;

    /// <summary>Epochs of further training under the mask, after pruning, for every method and level; 0 for none.</summary>
    public int FinetuneEpochs { get; init; }

    /// <summary>Further training also from the initial values of the weights that are kept.</summary>
    public bool Rewind { get; init; }

    /// <summary>Whether the logits of all images are kept.</summary>
    public bool Predictions { get; init; }

    /// <summary>Further learning rates to compare, at all hidden sizes and seeds, trained and evaluated only; empty for none.</summary>
    public IReadOnlyList<double> RateGrid { get; init; } = [];

    /// <summary>The tasks on which <see cref="RateGrid"/> is tried; empty when that is.</summary>
    public IReadOnlyList<PairTask> RateTasks { get; init; } = [];

    /// <summary>Ways of further training: none, fine-tuning, or fine-tuning and rewinding.</summary>
    public int FinetuneProtocols => FinetuneEpochs == 0 ? 0 : Rewind ? 2 : 1;

    /// <summary>The same without <see cref="RateGrid"/>.</summary>
    public SweepSpec WithoutRates() => this with { RateGrid = [], RateTasks = [] };

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
