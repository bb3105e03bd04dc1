using GpuMlp.Engine.Models;
using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Report;

/// <summary>What this run cannot say, from what it has.</summary>
internal static class Limits
{
    public static IEnumerable<string> Of(StudyTables tables)
    {
        yield return tables.Seeds switch
        {
            1 => "One seed: nothing here has a spread, and another seed may say otherwise.",
            < 10 => $"{tables.Seeds} seeds: a mean can be off by a good part of the differences that it is compared with, and a rule that "
                + $"asks for every seed asks {tables.Seeds} of them. More seeds: --seeds 0..19.",
            _ => $"{tables.Seeds} seeds, each a split and a start of its own; spread between them is not spread between data sets.",
        };
        yield return $"Validation images come from the training file of the data set{(tables.Judges ? ", as in the study" : "")}; "
            + "its separate test images are not used.";
        string[] losses = [.. tables.Variants.Select(how => how.Loss).Distinct()];
        string logits = losses.Length > 1 ? "one logit or a logit a class"
            : losses.Contains(TrainingLoss.Softmax.Name()) ? "a logit a class" : "one logit";
        string optimizers = tables.Variants.All(how => how is { Optimizer: "sgd", Momentum: 0 }) ? "plain gradient descent"
            : string.Join(" or ", tables.Variants.Select(how => how.Optimizer).Distinct());
        string pairs = tables.Tasks.All(task => ClassTask.TryParse(task, out ClassTask? classes) && classes.IsPair)
            ? ", pairs of classes" : "";
        yield return $"One hidden layer, {logits}, ReLU, {optimizers}{pairs}: nothing here is about other networks.";
        if (tables.Judges && tables.Tasks.Count == 1)
            yield return "One task: claims that compare tasks cannot be judged.";
        if (tables.Saliency is { Count: > 0 })
        {
            yield return "Saliency similarity compares maps with maps. A high one says that pruning changed little, "
                + "not that the map explains the model.";
        }

        if (tables.Embedding is { Count: > 0 })
            yield return "t-SNE shows neighbourhoods, not distances; sizes of clusters and gaps between them mean nothing.";
        if (tables.ShowsStudy)
            yield return "Figures of the study are as printed; those of C1 are read off a plot, to 0.005.";
        else if (tables.Judges)
            yield return "The study's figures are about MNIST and stand beside nothing here; claims about its digits are not judged.";
        foreach (string omitted in tables.Omitted)
            yield return $"Left out of this page: {omitted}.";
    }
}
