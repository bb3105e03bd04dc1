using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Sweeps;

/// <summary>What follows from the fields.</summary>
public sealed partial record SweepSpec
{
    /// <summary>Ways of further training: none, fine-tuning, or fine-tuning and rewinding.</summary>
    public int FinetuneProtocols => FinetuneEpochs == 0 ? 0 : Rewind ? 2 : 1;

    /// <summary>Epochs that a unit goes through: training, and further training at each method and level.</summary>
    public long EpochsOf(int epochs) => epochs + ((long)FinetuneEpochs * FinetuneProtocols * Pruning.Count * Sparsity.Count);

    /// <summary>The same training, and nothing done with the models after it.</summary>
    public SweepSpec WithoutAnalyses() =>
        this with { Sparsity = [], Pruning = [], Corruptions = [], FinetuneEpochs = 0, Rewind = false, Embedding = [], Similarity = [] };

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

    private IEnumerable<double> SeveritiesOf(CorruptionKind kind) => Corruptions.Where(one => one.Kind == kind).Select(one => one.Severity);

    /// <summary>Other severities of one kind, which then comes first.</summary>
    private SweepSpec With(CorruptionKind kind, IEnumerable<double> severities) => this with
    {
        Corruptions = [.. severities.Select(severity => new Corruption(kind, severity)), .. Corruptions.Where(one => one.Kind != kind)],
    };
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
