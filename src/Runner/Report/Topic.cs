using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>A section of a page that does not judge: what stands under a claim on one that does, under a name of its own.</summary>
/// <param name="Claim">Or a section of no claim: of the plots and tables that belong to it.</param>
/// <param name="Id">Where links lead.</param>
/// <param name="Short">For the list of contents.</param>
internal sealed record Topic(string Claim, string Id, string Short, string Title)
{
    /// <summary>Whether a claim is about it.</summary>
    public bool IsClaim => Claim != ConfusionPlot.Section;

    /// <summary>In the order of the page.</summary>
    public static IReadOnlyList<Topic> All { get; } =
    [
        new("C1", "training", "Training", "Hidden size and training"),
        new(ConfusionPlot.Section, "classes", "Classes", "What the images of each class are taken for"),
        new("C7", "rates", "Rates", "Learning rates"),
        new("C2", "pruning", "Pruning", "What pruning costs"),
        new("C3", "dead-units", "Dead units", "Units that do nothing any more"),
        new("C4", "corruption", "Corruption", "What corruption costs"),
        new("C5", "maps", "Saliency maps", "What models look at"),
        new("C6", "embedding", "Embedding", "Hidden activations"),
    ];
}
