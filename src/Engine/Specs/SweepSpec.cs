using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Specs;

/// <summary>
/// What a sweep trains: every combination of task, seed, training variant, training, learning rate and hidden size; and what is done
/// with the models after it. Part of the plan, so part of its hash. Each property has its <see cref="Field{TOwner}"/>, which is all that
/// flags, spec files, plans, checks, differences and help know of it.
/// </summary>
public sealed record SweepSpec
{
    /// <summary>The <see cref="Data"/> that are in the box.</summary>
    public const string EmbeddedName = DatasetLoader.Embedded;

    /// <summary>Most units H of a model, and most passes over the images.</summary>
    public const int MaxHidden = 1024, MaxEpochs = 1_000_000;

    /// <summary>Of pruning, and of corruptions; more than any curve needs, few enough for the rows of one unit.</summary>
    public const int MaxLevels = 1000;

    /// <summary>A name, such as <see cref="EmbeddedName"/>, or the file or folder given by <c>--data</c>.</summary>
    public string Data { get; init; } = EmbeddedName;

    /// <summary>Of a table: name or number of the column of labels; empty for the usual one.</summary>
    public string LabelColumn { get; init; } = "";

    /// <summary>Of a table: how its features become levels.</summary>
    public FeatureScaling Scaling { get; init; } = FeatureScaling.MinMax;

    /// <summary>All that must be known to load the data.</summary>
    public DataRequest Request => new(Data, LabelColumn.Length == 0 ? null : LabelColumn, Scaling);

    public IReadOnlyList<ClassTask> Tasks { get; init; } = [];

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

    /// <summary>
    /// What training makes small; <see cref="TrainingLoss.Auto"/> stands alone and is <see cref="TrainingLoss.Logistic"/> for pairs and
    /// <see cref="TrainingLoss.Softmax"/> for tasks of more classes, which have no other.
    /// </summary>
    public IReadOnlyList<TrainingLoss> Losses { get; init; } = [TrainingLoss.Auto];

    /// <summary>The same losses as they are planned: one that every task has anyway is <see cref="TrainingLoss.Auto"/>.</summary>
    internal IReadOnlyList<TrainingLoss> PlannedLosses => Losses is [var only] && Tasks.Count > 0
        && Tasks.All(task => only == (task.IsPair ? TrainingLoss.Logistic : TrainingLoss.Softmax)) ? [TrainingLoss.Auto] : Losses;

    public IReadOnlyList<Optimiser> Optimisers { get; init; } = [Optimiser.Sgd];

    /// <summary>0..1; combined with those <see cref="Optimisers"/> that have one. Empty: the usual one.</summary>
    public IReadOnlyList<double> Momenta { get; init; } = [];

    /// <inheritdoc cref="Momenta"/>
    public IReadOnlyList<double> Beta1s { get; init; } = [];

    /// <inheritdoc cref="Momenta"/>
    public IReadOnlyList<double> Beta2s { get; init; } = [];

    /// <summary>Of the learning rates, epoch by epoch.</summary>
    public IReadOnlyList<RateSchedule> Schedules { get; init; } = [RateSchedule.Constant];

    /// <summary>Which images of a task's classes are divided.</summary>
    public IReadOnlyList<SplitKind> Splits { get; init; } = [SplitKind.Balanced];

    /// <summary>Shares of the training images that have the label of another class.</summary>
    public IReadOnlyList<double> LabelNoises { get; init; } = [0];

    /// <summary>How many training images are used; null is all of the split.</summary>
    public IReadOnlyList<int?> TrainImages { get; init; } = [null];

    /// <summary>What loss and gradient of an image count, by its class.</summary>
    public IReadOnlyList<ClassWeighting> ClassWeights { get; init; } = [ClassWeighting.None];

    /// <summary>Probabilities with which hidden units are left out of training steps.</summary>
    public IReadOnlyList<double> Dropouts { get; init; } = [0];

    /// <summary>Validations in a row that may be no better than the best before a model stops; 0 for all epochs.</summary>
    public IReadOnlyList<int> Patiences { get; init; } = [0];

    /// <summary>Whether some models have a logit a class.</summary>
    public bool HasSoftmax => Losses.Contains(TrainingLoss.Softmax) || Tasks.Any(task => !task.IsPair);

    /// <summary>The most classes of a task.</summary>
    public int MostClasses => Tasks.Select(task => task.Count).Append(2).Max();

    /// <summary>Epochs between evaluations on the validation images while training; 0 for none.</summary>
    public int ValidateEvery { get; init; }

    /// <summary>Levels 0..1 at which trained models are pruned; empty when <see cref="Pruning"/> is, for none.</summary>
    public IReadOnlyList<double> Sparsity { get; init; } = [];

    /// <summary>Methods; each is tried at every level.</summary>
    public IReadOnlyList<PruneMethod> Pruning { get; init; } = [];

    /// <summary>Tasks of which one model's hidden activations, those of <see cref="ShownModel"/>, are embedded; empty for none.</summary>
    public IReadOnlyList<ClassTask> Embedding { get; init; } = [];

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

    /// <summary>Rounds of training, pruning and rewinding; 0 for none.</summary>
    public int Rounds { get; init; }

    /// <summary>Share of the weights left that each of <see cref="Rounds"/> takes, above 0 and below 1.</summary>
    public double PrunePerRound { get; init; } = 0.2;

    /// <summary>The epoch after whose updates the weights are taken that a round begins from; 0 for the initial ones.</summary>
    public int RewindTo { get; init; }

    /// <summary>Which weights go first in a round: by magnitude.</summary>
    public PruneMethod RoundRanking { get; init; } = PruneMethod.Layer;

    /// <summary>Whether the logits of all images are kept.</summary>
    public bool Predictions { get; init; }

    /// <summary>Further learning rates to compare, at all hidden sizes and seeds, trained and evaluated only; empty for none.</summary>
    public IReadOnlyList<double> RateGrid { get; init; } = [];

    /// <summary>The tasks on which <see cref="RateGrid"/> is tried; empty when that is.</summary>
    public IReadOnlyList<ClassTask> RateTasks { get; init; } = [];

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
        ClassTask[] left = [.. Embedding.Where(Tasks.Contains)];
        bool another = left.Length == 0 && Embedding.Count > 0 && otherData && Tasks.Count > 0;
        return this with { Embedding = another ? [ShownModel.Of(this).Task] : left };
    }

    /// <summary>
    /// Every combination of batch (outer), epochs, initial spread, weight decay, loss, split, label noise and training images (inner); made
    /// anew at each call.
    /// </summary>
    public IReadOnlyList<TrainingVariant> Variants() =>
    [
        .. from batch in Batches
           from epochs in Epochs
           from std in InitStds
           from decay in WeightDecays
           from loss in PlannedLosses
           from split in Splits
           from noise in LabelNoises
           from images in TrainImages
           select new TrainingVariant(batch, epochs, std, decay)
           {
               // That of pairs anyway.
               Loss = loss == TrainingLoss.Logistic ? TrainingLoss.Auto : loss,
               Images = new(split, noise, images),
           },
    ];

    /// <summary>How many <see cref="Variants"/> there are; in double, since nothing has checked the lists yet.</summary>
    public double VariantCount => (double)Batches.Count * Epochs.Count * InitStds.Count * WeightDecays.Count * Losses.Count
        * Splits.Count * LabelNoises.Count * TrainImages.Count;

    /// <summary>
    /// The ways in which models of one cohort are trained: every combination of optimiser (outer) with the settings that it has, schedule,
    /// class weights, dropout and patience (inner); made anew at each call.
    /// </summary>
    public IReadOnlyList<ModelTraining> Trainings() =>
    [
        .. from optimiser in Optimisers
           from momentum in Of(Momenta, ModelTraining.UsualMomentum, optimiser.UsesMomentum)
           from beta1 in Of(Beta1s, ModelTraining.UsualBeta1, optimiser.UsesBetas)
           from beta2 in Of(Beta2s, ModelTraining.UsualBeta2, optimiser.UsesBetas)
           from schedule in Schedules
           from weights in ClassWeights
           from dropout in Dropouts
           from patience in Patiences
           select new ModelTraining
           {
               Optimiser = optimiser,
               Momentum = momentum,
               Beta1 = beta1,
               Beta2 = beta2,
               Schedule = schedule,
               ClassWeight = weights,
               Dropout = dropout,
               Patience = patience,
           },
    ];

    /// <summary>How many <see cref="Trainings"/> there are, as <see cref="VariantCount"/>.</summary>
    public double TrainingCount => (double)Schedules.Count * ClassWeights.Count * Dropouts.Count * Patiences.Count
        * Optimisers.Sum(optimiser =>
        (optimiser.UsesMomentum ? (double)Math.Max(1, Momenta.Count) : 1)
        * (optimiser.UsesBetas ? (double)Math.Max(1, Beta1s.Count) * Math.Max(1, Beta2s.Count) : 1));

    /// <summary>Models of each cohort, without those of <see cref="RateGrid"/>; for a spec whose size was checked.</summary>
    public int CohortSize => (int)TrainingCount * LearningRates.Count * Hidden.Count;

    private static IReadOnlyList<double> Of(IReadOnlyList<double> settings, double usual, bool isUsed) =>
        !isUsed ? [0] : settings.Count > 0 ? settings : [usual];
}
