using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// What a sweep trains: every combination of task, seed, training variant, learning rate and hidden size; and what is done with the
/// models after it. Part of the plan, so part of its hash. Each property has its line in <see cref="Fields"/>, which is all that
/// flags, spec files, plans, checks, differences and help know of it.
/// </summary>
public sealed partial record SweepSpec
{
    /// <summary>The <see cref="Data"/> that are in the box.</summary>
    public const string EmbeddedName = "mnist";

    /// <summary>Most units H of a model, and most passes over the images.</summary>
    public const int MaxHidden = 1024, MaxEpochs = 1_000_000;

    /// <summary>Of pruning, and of corruptions; more than any curve needs, few enough for the rows of one unit.</summary>
    public const int MaxLevels = 1000;

    // The mean of the similarity of so many images does not move any more.
    private const int MaxSimilarityImages = 4096;

    /// <summary>Learning rates that a float32 holds to full precision, with room for their product with a gradient.</summary>
    public static NumberItem Rate { get; } = new(1e-30, 1e30);

    /// <summary>Initial spreads and weight decays: beyond them weights, or their product with the decay, overflow float32.</summary>
    private static NumberItem Size { get; } = new(0, 1e30);

    /// <summary>Shares of something.</summary>
    public static NumberItem Share { get; } = new(0, 1);

    /// <summary>Units of a model.</summary>
    public static WholeItem HiddenSize { get; } = new(1, MaxHidden);

    /// <summary>Seeds of random numbers.</summary>
    public static WholeItem Seed { get; } = new(0, int.MaxValue);

    private static WholeOrWordItem BatchSize { get; } = new(TrainingVariant.NameOf(null));

    private static NamedItem<PairTask> Task { get; } = new("task", "two different classes as in 4v9", task => $"{task}", PairTask.Find);

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

    /// <summary>Further learning rates to compare, at all hidden sizes and seeds, trained and evaluated only; empty for none.</summary>
    public IReadOnlyList<double> RateGrid { get; init; } = [];

    /// <summary>The tasks on which <see cref="RateGrid"/> is tried; empty when that is.</summary>
    public IReadOnlyList<PairTask> RateTasks { get; init; } = [];

    /// <summary>Headings of help, in its order.</summary>
    public static IReadOnlyList<string> Sections { get; } = [Train, Prune, Corrupt, Embed, Explain];

    /// <summary>The first of <see cref="Sections"/>.</summary>
    public const string Train = "What to train";

    private const string Prune = "What to prune (trained models, one shot, biases kept)",
        Corrupt = "What to do to validation images (each model is evaluated on all of them)",
        Embed = "What to embed (t-SNE of hidden activations, dense and pruned)",
        Explain = "What to explain (saliency maps of pruned models beside the trained ones')";

    /// <summary>Every field, in the order of plans, which is part of their hash.</summary>
    public static IReadOnlyList<Field<SweepSpec>> Fields { get; } =
    [
        new Field<SweepSpec, string>("data", s => s.Data, (s, data) => s with { Data = data }, new TextNotation("mnist or a folder"))
        {
            FromText = (_, _, text, _) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(text)),
            Section = Train, Value = "DIR", Example = "~/fashion",
            Help = "any IDX data set with the MNIST file names, gzipped or not, and classes.txt with names of its classes in UTF-8 where "
                + "there are some (default: the embedded MNIST)",
        },
        new Field<SweepSpec, IReadOnlyList<PairTask>>("tasks", s => s.Tasks, (s, tasks) => s with { Tasks = tasks }, Some(Task))
        {
            FromText = (_, flag, text, data) =>
                text.Trim() == TaskList.EveryPair ? TaskList.All(data, flag).Tasks : TaskList.Parse(text, data.Classes, flag),
            Column = new(0, "task", "VARCHAR"), Section = Train, Example = "0v1,4v9",
            Help = "pairs of classes, the second one is label 1, or `all`: every pair of classes with 5 images or more (paper: "
                + "0v1,1v7,5v6,3v8,4v9; `all` on data without these)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>("hidden", s => s.Hidden, (s, hidden) => s with { Hidden = hidden }, Some(HiddenSize))
        {
            Column = new(2, "hidden", "INTEGER"), Section = Train, Example = "2..64*2",
            Help = "hidden sizes H (paper: 2,4,6,8,10,12,16,24,32,48,64)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>("seeds", s => s.Seeds, (s, seeds) => s with { Seeds = seeds }, Some(Seed))
        {
            Column = new(1, "seed", "INTEGER"), Section = Train, Example = "0,42,78",
            Help = "seeds of splits and weights (paper: 0,42,78)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>("lr", s => s.LearningRates, (s, rates) => s with { LearningRates = rates }, Some(Rate))
        {
            Column = new(3, "lr", "DOUBLE"), Section = Train, Example = "0.01,0.03",
            Help = "learning rates (paper: 0.03, and on 4v9 the study's other rates, 0.1 and 0.3, to compare; not with --tasks or --lr)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "epochs", s => s.Epochs, (s, epochs) => s with { Epochs = epochs }, OneOrMore(new WholeItem(1, MaxEpochs)))
        {
            Column = new(5, "epochs", "INTEGER"), Section = Train, Example = "20,100",
            Help = "passes over the training images (paper: 100)",
        },
        new Field<SweepSpec, IReadOnlyList<int?>>("batch", s => s.Batches, (s, sizes) => s with { Batches = sizes }, OneOrMore(BatchSize))
        {
            Column = new(4, "batch", "VARCHAR"), Section = Train, Example = "full,32",
            Help = "images in a batch, numbers or `full` (paper: full, one update an epoch)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>("init_std", s => s.InitStds, (s, stds) => s with { InitStds = stds }, OneOrMore(Size))
        {
            Column = new(6, "init_std", "DOUBLE"), Section = Train, Example = "0.1,0.03",
            Help = "standard deviations of initial weights (paper: 0.1)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "weight_decay", s => s.WeightDecays, (s, decays) => s with { WeightDecays = decays }, OneOrMore(Size))
        {
            Column = new(7, "weight_decay", "DOUBLE"), IsYounger = true, Section = Train, Example = "0,0.001",
            Help = "L2 on W1 and W2: times a weight, added to its gradient (paper: 0)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>("sparsity", s => s.Sparsity, (s, levels) => s with { Sparsity = levels }, Levels(Share))
        {
            Rule = s => s.Sparsity.Count == 0 && s.Pruning.Count > 0
                ? "no level for the pruning methods; levels as 0.5,0.95 are right"
                : null,
            Section = Prune, Example = "0.5,0.95",
            Help = "shares of the weights to zero, 0..1, or `none` (paper: 0.1 to 0.99, and 0.001 to 0.0099, the levels at which its "
                + "published figure was in fact measured)",
        },
        new Field<SweepSpec, IReadOnlyList<PruneMethod>>(
            "pruning", s => s.Pruning, (s, methods) => s with { Pruning = methods }, Any(PruningMethods.Item))
        {
            Rule = s => s.Pruning.Count == 0 && s.Sparsity.Count > 0
                ? $"no method for the sparsity levels; {PruningMethods.Right} is right"
                : null,
            Section = Prune, Example = "layer,random",
            Help = "what goes first: the smallest weights of each layer, of both together, of W1 alone, or weights drawn by lot (paper: "
                + "layer,global,w1,random)",
        },
        new Field<SweepSpec, IReadOnlyList<PairTask>>("embedding", s => s.Embedding, (s, tasks) => s with { Embedding = tasks }, Any(Task))
        {
            FromText = (s, flag, text, data) => text switch
            {
                ListNotation<PairTask>.None => [],
                TaskList.EveryPair => s.Tasks,
                _ => TaskList.Parse(text, data.Classes, flag),
            },
            Rule = s => s.Embedding.Except(s.Tasks)
                .Select(task => $"{task} is not trained; must be some of the sweep's tasks, or none").FirstOrDefault(),
            Section = Embed, Example = "4v9",
            Help = "tasks, `all` or `none` (paper: 4v9); of each the model of 24 hidden units and rate 0.03, or the nearest, at the first "
                + "seed: the one that the report shows",
        },
        new Field<SweepSpec, IReadOnlyList<Corruption>>(
            "corruption", s => s.Corruptions, (s, corruptions) => s with { Corruptions = corruptions }, Levels(CorruptionNames.Item))
        {
            FromText = (_, flag, text, _) =>
                text == ListNotation<Corruption>.None ? [] : CorruptionNames.Parse(flag, text, Presets.Paper.Corruptions),
            Section = Corrupt, Example = "blur:1,rotation:15",
            Help = "all of them by name and severity, as in blur:1.5, or by name alone for the severities of the paper preset, or `none`: "
                + "gaussian, occlusion, salt-pepper (share of the pixels), blur (standard deviation in pixels), rotation (degrees), "
                + "translation (pixels)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "occlusion",
            s => [.. s.SeveritiesOf(CorruptionKind.Occlusion).Select(side => (int)side)],
            (s, sides) => s.With(CorruptionKind.Occlusion, sides.Select(side => (double)side)),
            Any(new WholeItem(0, (int)CorruptionRules.Largest(CorruptionKind.Occlusion))))
        {
            PartOf = "corruption", Section = Corrupt, Example = "7",
            Help = "in place of its kind in that list: a square set to 0, anywhere by lot, sides in pixels, or `none` (paper: 7)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "noise",
            s => [.. s.SeveritiesOf(CorruptionKind.Gaussian)],
            (s, spreads) => s.With(CorruptionKind.Gaussian, spreads),
            Any(new NumberItem(0, CorruptionRules.Largest(CorruptionKind.Gaussian))))
        {
            PartOf = "corruption", Section = Corrupt, Example = "0.1,0.3",
            Help = "likewise gaussian noise, standard deviations on the scale 0..1, or `none` (paper: 0.1,0.2,0.3,0.4,0.5)",
        },
        new Field<SweepSpec, IReadOnlyList<SaliencyMethod>>(
            "similarity", s => s.Similarity, (s, methods) => s with { Similarity = methods }, Any(SaliencyNames.Item))
        {
            Section = Explain, Example = "gradient,integrated",
            Help = "methods: gradient, input-gradient, smoothgrad, integrated, perturbation (paper: all), or `none`",
        },
        new Field<SweepSpec, int>(
            "similarity_images", s => s.SimilarityImages, (s, images) => s with { SimilarityImages = images }, new WholeNotation(1, MaxSimilarityImages))
        {
            Section = Explain, Example = "32",
            Help = "validation images of the mean (paper: 32)",
        },
        new Field<SweepSpec, int>(
            "finetune_epochs", s => s.FinetuneEpochs, (s, epochs) => s with { FinetuneEpochs = epochs }, new WholeNotation(0, MaxEpochs))
        {
            Rule = s => s.FinetuneEpochs > 0 && s.Pruning.Count == 0
                ? "nothing is pruned, so there is nothing to fine-tune; levels and methods of pruning are right"
                : null,
            IsYounger = true, Section = Prune, Example = "10",
            Help = "train every pruned model on under its mask, N epochs at each method and level: finetune.csv (paper: 0)",
        },
        new Field<SweepSpec, bool>("rewind", s => s.Rewind, (s, rewind) => s with { Rewind = rewind }, new SwitchNotation())
        {
            Rule = s => s.Rewind && s.FinetuneEpochs == 0 ? "no epochs to train after rewinding; epochs of fine-tuning are right" : null,
            IsYounger = true, Section = Prune,
            Help = "and N epochs once more, from the initial values of the weights that are kept (the lottery ticket)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>("rate_grid", s => s.RateGrid, (s, rates) => s with { RateGrid = rates }, Any(Rate))
        {
            Rule = s => s.RateGrid.Any(s.LearningRates.Contains) ? "holds a rate of lr; further rates alone are right"
                : s.RateGrid.Count == 0 != (s.RateTasks.Count == 0) ? "rates and rate_tasks belong together; both or none are right"
                : null,
            MakesModels = true, IsYounger = true, Example = "0.001,0.01",
        },
        new Field<SweepSpec, IReadOnlyList<PairTask>>("rate_tasks", s => s.RateTasks, (s, tasks) => s with { RateTasks = tasks }, Any(Task))
        {
            Rule = s => s.RateTasks.Except(s.Tasks).Select(task => $"{task} is out of range; one of the tasks is right").FirstOrDefault(),
            IsYounger = true, Example = "4v9",
        },
    ];

    // At least one item; one that files may write without its brackets; any number; a level each.
    private static ListNotation<T> Some<T>(Item<T> item) => new(item);

    private static ListNotation<T> OneOrMore<T>(Item<T> item) => new(item) { IsOneOrMore = true };

    private static ListNotation<T> Any<T>(Item<T> item) => new(item) { MayBeEmpty = true };

    private static ListNotation<T> Levels<T>(Item<T> item) => new(item) { MayBeEmpty = true, Most = MaxLevels };
}
