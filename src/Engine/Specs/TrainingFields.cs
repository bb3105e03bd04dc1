using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Specs;

/// <summary>What to train, in the order of plans.</summary>
public static class TrainingFields
{
    /// <summary>Heading of help.</summary>
    public const string Section = "What to train";

    private const string LabelColumn = "label_column", Scaling = "scaling";

    /// <summary>Fields that only a table can have.</summary>
    public static IReadOnlyList<Field<SweepSpec>> OfTables => [.. All.Where(one => one.Name is LabelColumn or Scaling)];

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, string>(
            "data", s => s.Data, (s, data) => s with { Data = data }, new TextNotation("a name, a file or a folder"))
        {
            FromText = (_, _, text, _) => DatasetLoader.PlaceOf(text),
            Section = Section, Value = "DATA", Example = "~/fashion",
            Help = "a .csv file of numbers and labels; a folder of IDX files with the names of MNIST's, gzipped or not, or of "
                + "train_images.npy and train_labels.npy, each with classes.txt, the names of its classes in UTF-8, where there are some; "
                + "or a name: mnist (default), which is embedded, and mnist-1d, which is made",
        },
        new Field<SweepSpec, string>(
            LabelColumn, s => s.LabelColumn, (s, column) => s with { LabelColumn = column }, new NameOrNumberNotation())
        {
            IsYounger = true, Section = Section, Value = "NAME|N", Example = "species",
            Help = "the column of a .csv file that is the label, by name or by number from 1 (default: the one called label, class, target "
                + "or y, else the last one)",
        },
        new Field<SweepSpec, FeatureScaling>(
            Scaling, s => s.Scaling, (s, scaling) => s with { Scaling = scaling },
            new OneNotation<FeatureScaling>(NamedItems.Of("scaling", FeatureScaling.All, scaling => scaling.Name)))
        {
            IsYounger = true, Section = Section, Value = string.Join("|", FeatureScaling.All), Example = "quantile",
            Help = "how the features of a .csv file become 256 levels: each from its smallest to its largest training value, or by rank "
                + "(default: minmax)",
        },
        new Field<SweepSpec, IReadOnlyList<ClassTask>>(
            "tasks",
            s => s.Tasks,
            (s, tasks) => s with { Tasks = tasks },
            SpecItems.Some(SpecItems.Task))
        {
            FromText = (_, flag, text, data) => TaskList.Read(text, data, flag),
            Column = new(0, "task", "VARCHAR"), Section = Section, Example = "0v1,4v9",
            Help = "pairs or larger sets of classes (0v1v7, 0-9), by number or, where they have names, by name (catvdog); of a pair the "
                + "second one is label 1; `all-classes`: one task of every class with 5 images or more; or `all`: every pair of them "
                + "(paper: 0v1,1v7,5v6,3v8,4v9; `all` on data without these)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "hidden",
            s => s.Hidden,
            (s, hidden) => s with { Hidden = hidden },
            SpecItems.Some(SpecItems.HiddenSize))
        {
            Column = new(2, "hidden", "INTEGER"), Section = Section, Example = "2..64*2",
            Help = "hidden sizes H (paper: 2,4,6,8,10,12,16,24,32,48,64)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "seeds",
            s => s.Seeds,
            (s, seeds) => s with { Seeds = seeds },
            SpecItems.Some(SpecItems.Seed))
        {
            Column = new(1, "seed", "INTEGER"), Section = Section, Example = "0,42,78",
            Help = "seeds of splits and weights (paper: 0,42,78)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "lr",
            s => s.LearningRates,
            (s, rates) => s with { LearningRates = rates },
            SpecItems.Some(SpecItems.Rate))
        {
            Column = new(3, "lr", "DOUBLE"), Section = Section, Example = "0.01,0.03",
            Help = "learning rates (paper: 0.03, and on 4v9 seven others from 0.0001 to 0.3, to compare; not with --tasks or --lr)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "epochs", s => s.Epochs, (s, epochs) => s with { Epochs = epochs }, SpecItems.OneOrMore(new WholeItem(1, SweepSpec.MaxEpochs)))
        {
            Column = new(5, "epochs", "INTEGER"), Section = Section, Example = "20,100",
            Help = "passes over the training images (paper: 100)",
        },
        new Field<SweepSpec, IReadOnlyList<int?>>(
            "batch",
            s => s.Batches,
            (s, sizes) => s with { Batches = sizes },
            SpecItems.OneOrMore(SpecItems.BatchSize))
        {
            Column = new(4, "batch", "VARCHAR"), Section = Section, Example = "full,32",
            Help = "images in a batch, numbers or `full` (paper: full, one update an epoch)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "init_std",
            s => s.InitStds,
            (s, stds) => s with { InitStds = stds },
            SpecItems.OneOrMore(SpecItems.Size))
        {
            Column = new(6, "init_std", "DOUBLE"), Section = Section, Example = "0.1,0.03",
            Help = "standard deviations of initial weights (paper: 0.1)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "weight_decay", s => s.WeightDecays, (s, decays) => s with { WeightDecays = decays }, SpecItems.OneOrMore(SpecItems.Size))
        {
            Column = new(7, "weight_decay", "DOUBLE"), IsYounger = true, Section = Section, Example = "0,0.001",
            Help = "L2 on W1 and w2: times a weight, added to its gradient (paper: 0)",
        },
        new Field<SweepSpec, IReadOnlyList<TrainingLoss>>(
            "loss",
            s => s.PlannedLosses,
            (s, losses) => s with { Losses = losses },
            SpecItems.OneOrMore(TrainingLosses.Item))
        {
            Rule = s => s.Losses.Contains(TrainingLoss.Auto) && s.Losses.Count > 1
                    ? "auto beside others; must be alone, it stands for one of them"
                : s.Losses.Contains(TrainingLoss.Logistic) && s.Tasks.FirstOrDefault(task => !task.IsPair) is { } many
                    ? $"logistic is for two classes; must be softmax with {many}, or be left out"
                : null,
            Column = new(8, "loss", "VARCHAR"), IsYounger = true, Section = Section, Example = "logistic,softmax",
            Help = "logistic: one logit, two classes; softmax: a logit a class; a pair may have both, more classes are always softmax "
                + "(default: auto, which is logistic for pairs)",
        },
        new Field<SweepSpec, IReadOnlyList<Optimiser>>(
            "optimizer",
            s => s.Optimisers,
            (s, optimisers) => s with { Optimisers = optimisers },
            SpecItems.OneOrMore(Methods.Optimisers.Item))
        {
            Column = new(9, "optimizer", "VARCHAR"), IsYounger = true, Section = Section, Example = "sgd,adam",
            Help = $"how steps are taken: {Choice.Of(Optimiser.All.Select(optimiser => optimiser.Name))}; each is combined with the "
                + "settings below that it has (paper: sgd)",
        },
        Setting(
            "momentum", 10, "0.9,0.99", ModelTraining.UsualMomentum, optimiser => optimiser.UsesMomentum,
            s => s.Momenta, (s, momenta) => s with { Momenta = momenta }, "of the last velocity, the share that is kept"),
        Setting(
            "beta1", 11, "0.8,0.9", ModelTraining.UsualBeta1, optimiser => optimiser.UsesBetas,
            s => s.Beta1s, (s, betas) => s with { Beta1s = betas }, "of the mean of gradients, the share that is kept"),
        Setting(
            "beta2", 12, "0.99,0.999", ModelTraining.UsualBeta2, optimiser => optimiser.UsesBetas,
            s => s.Beta2s, (s, betas) => s with { Beta2s = betas }, "of the mean of their squares, the share that is kept"),
        new Field<SweepSpec, IReadOnlyList<RateSchedule>>(
            "schedule",
            s => s.Schedules, (s, schedules) => s with { Schedules = schedules }, SpecItems.OneOrMore(SpecItems.Schedule))
        {
            Column = new(13, "schedule", "VARCHAR"), IsYounger = true, Section = Section, Example = "cosine,warmup:5+step:30:0.1",
            Help = $"what becomes of a rate from epoch to epoch: {RateSchedule.Forms} (paper: constant)",
        },
        new Field<SweepSpec, int>(
            "validate_every",
            s => s.ValidateEvery, (s, epochs) => s with { ValidateEvery = epochs }, new WholeNotation(0, SweepSpec.MaxEpochs))
        {
            IsYounger = true, Section = Section, Example = "1",
            Help = "loss, accuracy and F1 on the validation images after every N-th epoch and the last, in history; 0 for after training "
                + "alone (paper: 0)",
        },
        new Field<SweepSpec, IReadOnlyList<SplitKind>>(
            "split", s => s.Splits, (s, splits) => s with { Splits = splits }, SpecItems.OneOrMore(SpecItems.Split))
        {
            Column = new(14, "split", "VARCHAR"), IsYounger = true, Section = Section, Example = "balanced,whole",
            Help = "images that are divided into training and validation: balanced, as many of each class, or whole, all of them "
                + "(paper: balanced)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "label_noise", s => s.LabelNoises, (s, shares) => s with { LabelNoises = shares }, SpecItems.OneOrMore(SpecItems.Share))
        {
            Column = new(15, "label_noise", "DOUBLE"), IsYounger = true, Section = Section, Example = "0,0.1,0.2",
            Help = "shares of the training images that are trained with the label of another class; training figures are of these labels, "
                + "validation and test keep theirs (paper: 0)",
        },
        new Field<SweepSpec, IReadOnlyList<int?>>(
            "train_images", s => s.TrainImages, (s, counts) => s with { TrainImages = counts }, SpecItems.OneOrMore(SpecItems.ImageCount))
        {
            Column = new(16, "train_images", "VARCHAR"), IsYounger = true, Section = Section, Example = "all,1000",
            Help = "how many of the split's training images are used, its first of each class in equal shares, numbers or `all` "
                + "(paper: all)",
        },
        new Field<SweepSpec, IReadOnlyList<ClassWeighting>>(
            "class_weight",
            s => s.ClassWeights,
            (s, weights) => s with { ClassWeights = weights },
            SpecItems.OneOrMore(SpecItems.ClassWeight))
        {
            Rule = s => s.ClassWeights.FirstOrDefault(
                    weights => weights.Classes is { } numbers && s.Tasks.Any(task => task.Count != numbers)) is { } odd
                ? $"{odd} has {odd.Classes} numbers; must be one for each class of every task"
                : null,
            Column = new(17, "class_weight", "VARCHAR"), IsYounger = true, Section = Section, Example = "none,balanced,1:3",
            Help = "what loss and gradient of an image count, by its class: none (1 each), balanced (each class alike) or numbers, one a "
                + "class in the task's order; figures stay without it (paper: none)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "dropout", s => s.Dropouts, (s, shares) => s with { Dropouts = shares }, SpecItems.OneOrMore(new NumberItem(0, 0.9)))
        {
            Column = new(18, "dropout", "DOUBLE"), IsYounger = true, Section = Section, Example = "0,0.2,0.5",
            Help = "probabilities with which a hidden unit is left out of an image's training step (paper: 0)",
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "patience",
            s => s.Patiences,
            (s, patiences) => s with { Patiences = patiences },
            SpecItems.OneOrMore(new WholeItem(0, SweepSpec.MaxEpochs)))
        {
            Rule = s => s.Patiences.Any(patience => patience > 0) && s.ValidateEvery == 0
                ? $"{s.Patiences.Max()} validations, of which there are none; --validate-every must be 1 or more"
                : null,
            Column = new(19, "patience", "INTEGER"), IsYounger = true, Section = Section, Example = "0,10",
            Help = "a model stops after so many validations in a row that were no better than its best and keeps the parameters of that "
                + "one; 0 for all epochs; goes with --validate-every (paper: 0)",
        },
    ];

    /// <summary>Those of them that are ways to train, for flags that choose among the models of a run.</summary>
    public static IReadOnlyList<Field<SweepSpec>> Ways =>
        field ??= [.. All.Where(way => Schema<TrainedHow>.Columns.Any(column => column.Name == way.Column?.Name))];

    // A number that some optimisers have.
    private static Field<SweepSpec, IReadOnlyList<double>> Setting(
        string name, int place, string example, double usual, Func<Optimiser, bool> uses, Func<SweepSpec, IReadOnlyList<double>> get,
        Func<SweepSpec, IReadOnlyList<double>, SweepSpec> set, string help)
    {
        string[] users = [.. Optimiser.All.Where(uses).Select(optimiser => optimiser.Name)];
        string right = users.Length == 0 ? "none has it" : $"{Choice.Of(users)} must be among them";
        return new(name, get, set, new ListNotation<double>(SpecItems.Kept) { IsOneOrMore = true, Usual = [usual] })
        {
            Rule = s => get(s).Count > 0 && !s.Optimisers.Any(uses)
                ? $"of no use to {string.Join(',', s.Optimisers)}, the optimizers; {right}"
                : null,
            Column = new(place, name, "DOUBLE"),
            IsYounger = true,
            Section = Section,
            Example = example,
            Help = users.Length == 0 ? "" : $"{help}, for {Choice.Of(users)} (default: {usual:R})",
        };
    }
}
