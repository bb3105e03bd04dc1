using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Sweeps;

/// <summary>The limits of a sweep.</summary>
public static class SpecValidator
{
    public const int MaxHidden = 1024;
    public const int MaxEpochs = 1_000_000;

    /// <summary>Learning rates that a float32 holds to full precision, with room for their product with a gradient.</summary>
    public const double LeastRate = 1e-30, MostRate = 1e30;

    /// <summary>Beyond it initial weights overflow float32.</summary>
    public const double MostInitStd = 1e30;

    /// <summary>Likewise for the product of decay and weight.</summary>
    public const double MostWeightDecay = 1e30;

    /// <summary>Of pruning, and of corruptions; more than any curve needs, few enough for the rows of one unit.</summary>
    public const int MaxLevels = 1000;

    /// <summary>Images over which similarity is averaged: the mean of so many does not move any more.</summary>
    public const int MaxSimilarityImages = 4096;

    /// <summary>What messages call a field by default: <c>--init-std</c> for <c>init_std</c>.</summary>
    public static string Flag(string field) => $"--{field.Replace('_', '-')}";

    /// <summary>Checks that there are not more models than <see cref="Plan.MaxModels"/>, before anything lists them.</summary>
    /// <param name="name">As for <see cref="Validate"/>.</param>
    /// <exception cref="UserErrorException">One line that names the field with the most items.</exception>
    public static void CheckSize(SweepSpec spec, Func<string, string> name)
    {
        double cohorts = spec.VariantCount * spec.Tasks.Count * spec.Seeds.Count;
        double models = ((double)spec.LearningRates.Count * spec.Hidden.Count * cohorts)
            + ((double)spec.RateGrid.Count * spec.Hidden.Count * spec.RateTasks.Count * spec.Seeds.Count);
        if (models > Plan.MaxModels)
        {
            (string field, int items) = LongestOf(spec);
            throw new UserErrorException(
                $"{name(field)}: {items} items, with those of the other fields {models:0} models; must be at most {Plan.MaxModels}, split the sweep");
        }
    }

    /// <summary>The list that makes most of a sweep's size.</summary>
    internal static (string Field, int Items) LongestOf(SweepSpec spec) => new[]
    {
        ("hidden", spec.Hidden.Count),
        ("lr", spec.LearningRates.Count),
        ("seeds", spec.Seeds.Count),
        ("tasks", spec.Tasks.Count),
        ("batch", spec.Batches.Count),
        ("epochs", spec.Epochs.Count),
        ("init_std", spec.InitStds.Count),
        ("weight_decay", spec.WeightDecays.Count),
        ("rate_grid", spec.RateGrid.Count),
    }.MaxBy(list => list.Item2);

    /// <summary>Checks that lists are not empty and name everything once, and that every number is in its range.</summary>
    /// <param name="name">Turns a field of spec files (<c>init_std</c>) into what messages call it; by default the flag, <c>--init-std</c>.</param>
    /// <exception cref="UserErrorException">One line that names the first wrong field.</exception>
    public static void Validate(SweepSpec spec, Func<string, string>? name = null)
    {
        name ??= Flag;
        Check(spec.Data.Length > 0, "data", "empty; mnist or a folder is right");
        CheckList("tasks", spec.Tasks, _ => true, "");
        CheckList("hidden", spec.Hidden, hidden => hidden is >= 1 and <= MaxHidden, $"1..{MaxHidden} is right");
        CheckList("seeds", spec.Seeds, seed => seed >= 0, $"0..{int.MaxValue} is right");
        CheckList("lr", spec.LearningRates, rate => rate is >= LeastRate and <= MostRate, $"{LeastRate:R}..{MostRate:R} is right");
        CheckList("epochs", spec.Epochs, epochs => epochs is >= 1 and <= MaxEpochs, $"1..{MaxEpochs} is right");
        CheckList("batch", spec.Batches, batch => batch is null or >= 1, "full or a number from 1 is right");
        CheckList("init_std", spec.InitStds, std => std is >= 0 and <= MostInitStd, $"0..{MostInitStd:R} is right");
        CheckList("weight_decay", spec.WeightDecays, decay => decay is >= 0 and <= MostWeightDecay, $"0..{MostWeightDecay:R} is right");
        Check(spec.Sparsity.Count <= MaxLevels, "sparsity", $"{spec.Sparsity.Count} levels; {MaxLevels} are the most");
        CheckItems("sparsity", spec.Sparsity, level => level is >= 0 and <= 1, "0..1 is right");
        CheckItems("pruning", spec.Pruning, Enum.IsDefined, $"{PruningMethods.Right} is right");
        Check(spec.Sparsity.Count > 0 || spec.Pruning.Count == 0, "sparsity", "no level for the pruning methods; levels as 0.5,0.95 are right");
        Check(spec.Pruning.Count > 0 || spec.Sparsity.Count == 0, "pruning", $"no method for the sparsity levels; {PruningMethods.Right} is right");
        Check(spec.FinetuneEpochs is >= 0 and <= MaxEpochs, "finetune_epochs", $"{spec.FinetuneEpochs} is out of range; 0..{MaxEpochs} is right");
        Check(spec.FinetuneEpochs == 0 || spec.Pruning.Count > 0, "finetune_epochs", "nothing is pruned, so there is nothing to fine-tune; levels and methods of pruning are right");
        Check(!spec.Rewind || spec.FinetuneEpochs > 0, "rewind", "no epochs to train after rewinding; epochs of fine-tuning are right");
        Check(spec.Corruptions.Count <= MaxLevels, "corruption", $"{spec.Corruptions.Count} corruptions; {MaxLevels} are the most");
        foreach (Corruption corruption in spec.Corruptions)
        {
            Check(CorruptionNames.Problem(corruption) is null, "corruption", CorruptionNames.Problem(corruption) ?? "");
        }

        CheckItems("similarity", [.. spec.Similarity.Select(SaliencyNames.Name)], _ => true, "");
        Check(
            spec.SimilarityImages is >= 1 and <= MaxSimilarityImages,
            "similarity_images",
            $"{spec.SimilarityImages} is out of range; 1..{MaxSimilarityImages} is right");
        CheckItems("rate_grid", spec.RateGrid, rate => rate is >= LeastRate and <= MostRate, $"{LeastRate:R}..{MostRate:R} is right");
        CheckItems("rate_tasks", spec.RateTasks, spec.Tasks.Contains, "one of the tasks is right");
        Check(!spec.RateGrid.Any(spec.LearningRates.Contains), "rate_grid", "holds a rate of lr; further rates alone are right");
        Check(spec.RateGrid.Count == 0 == (spec.RateTasks.Count == 0), "rate_grid", "rates and rate_tasks belong together; both or none are right");
        CheckItems("corruption", [.. spec.Corruptions.Select(CorruptionNames.Name)], _ => true, "");
        CheckItems("embedding", spec.Embedding, _ => true, "");
        foreach (PairTask task in spec.Embedding)
        {
            Check(spec.Tasks.Contains(task), "embedding", $"{task} is not trained; must be some of the sweep's tasks, or none");
        }

        void Check(bool good, string field, string what)
        {
            if (!good)
            {
                throw new UserErrorException($"{name(field)}: {what}");
            }
        }

        void CheckList<T>(string field, IReadOnlyList<T> items, Predicate<T> good, string right)
        {
            Check(items.Count > 0, field, "empty; at least one item is right");
            CheckItems(field, items, good, right);
        }

        void CheckItems<T>(string field, IReadOnlyList<T> items, Predicate<T> good, string right)
        {
            HashSet<T> seen = [];
            foreach (T item in items)
            {
                Check(good(item), field, $"{item} is out of range; {right}");
                Check(seen.Add(item), field, $"{item?.ToString() ?? TrainingVariant.NameOf(null)} occurs twice; name every value once");
            }
        }
    }
}
