using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;

namespace GpuMlp.Engine.Sweeps;

/// <summary>One field that differs between two plans, as text.</summary>
public readonly record struct PlanChange(string Field, string Old, string New)
{
    public override string ToString() => $"{Field}: {Old} -> {New}";
}

/// <summary>Tells people what differs between two plans.</summary>
public static class PlanDiff
{
    // Long lists are cut: the line must stay readable.
    private const int MaxListed = 12;

    /// <summary>The fields that differ, in the order of spec files; lines such as <c>epochs: 100 -> 50</c>. Empty for equal plans.</summary>
    public static IReadOnlyList<PlanChange> Between(SweepSpec oldSpec, string oldDataSha256, SweepSpec newSpec, string newDataSha256)
    {
        List<PlanChange> changes = [];
        Compare("data", oldSpec.Data, newSpec.Data);
        CompareLists("tasks", oldSpec.Tasks, newSpec.Tasks);
        CompareLists("hidden", oldSpec.Hidden, newSpec.Hidden);
        CompareLists("seeds", oldSpec.Seeds, newSpec.Seeds);
        CompareLists("lr", oldSpec.LearningRates, newSpec.LearningRates);
        CompareLists("epochs", oldSpec.Epochs, newSpec.Epochs);
        CompareLists<string>("batch", [.. oldSpec.Batches.Select(TrainingVariant.NameOf)], [.. newSpec.Batches.Select(TrainingVariant.NameOf)]);
        CompareLists("init_std", oldSpec.InitStds, newSpec.InitStds);
        CompareLists("weight_decay", oldSpec.WeightDecays, newSpec.WeightDecays);
        CompareLists("sparsity", oldSpec.Sparsity, newSpec.Sparsity);
        CompareLists<string>("pruning", [.. oldSpec.Pruning.Select(PruningMethods.Name)], [.. newSpec.Pruning.Select(PruningMethods.Name)]);
        CompareLists("embedding", oldSpec.Embedding, newSpec.Embedding);
        CompareLists<string>("corruption", [.. oldSpec.Corruptions.Select(CorruptionNames.Name)], [.. newSpec.Corruptions.Select(CorruptionNames.Name)]);
        Compare("finetune_epochs", $"{oldSpec.FinetuneEpochs}", $"{newSpec.FinetuneEpochs}");
        Compare("rewind", oldSpec.Rewind ? "true" : "false", newSpec.Rewind ? "true" : "false");
        CompareLists<string>("similarity", [.. oldSpec.Similarity.Select(SaliencyNames.Name)], [.. newSpec.Similarity.Select(SaliencyNames.Name)]);
        Compare("similarity_images", $"{oldSpec.SimilarityImages}", $"{newSpec.SimilarityImages}");
        CompareLists("rate_grid", oldSpec.RateGrid, newSpec.RateGrid);
        CompareLists("rate_tasks", oldSpec.RateTasks, newSpec.RateTasks);
        if (oldDataSha256 != newDataSha256)
        {
            changes.Add(new PlanChange("data sha256", Short(oldDataSha256), Short(newDataSha256)));
        }

        return changes;

        void Compare(string field, string old, string @new)
        {
            if (old != @new)
            {
                changes.Add(new PlanChange(field, old, @new));
            }
        }

        void CompareLists<T>(string field, IReadOnlyList<T> old, IReadOnlyList<T> @new)
        {
            if (!old.SequenceEqual(@new))
            {
                changes.Add(new PlanChange(field, Listed(old), Listed(@new)));
            }
        }
    }

    /// <summary>The choice of pictures, which is no part of the spec.</summary>
    public static IReadOnlyList<PlanChange> OfPictures(Plan oldPlan, Plan newPlan)
    {
        (PictureChoice old, PictureChoice asked) = (oldPlan.Pictures, newPlan.Pictures);
        List<PlanChange> changes = [];
        if (old.Hidden != asked.Hidden)
            changes.Add(new PlanChange("saliency", $"{old.Hidden}", $"{asked.Hidden}"));
        if (old.Method != asked.Method)
            changes.Add(new PlanChange("saliency_method", SaliencyNames.Name(old.Method), SaliencyNames.Name(asked.Method)));
        return changes;
    }

    /// <summary>As above, and a change of the units alone (another version cut the same sweep differently).</summary>
    public static IReadOnlyList<PlanChange> Between(Plan oldPlan, Plan newPlan)
    {
        IReadOnlyList<PlanChange> changes = Between(oldPlan.Spec, oldPlan.DataSha256, newPlan.Spec, newPlan.DataSha256);
        return changes.Count == 0 && oldPlan.Hash != newPlan.Hash
            ? [new PlanChange("units", $"{oldPlan.Units.Count}", $"{newPlan.Units.Count} cut differently")]
            : changes;
    }

    private static string Listed<T>(IReadOnlyList<T> items) => items.Count == 0 ? "none" : items.Count <= MaxListed
        ? string.Join(',', items)
        : $"{string.Join(',', items.Take(MaxListed))},... ({items.Count} in all)";

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
