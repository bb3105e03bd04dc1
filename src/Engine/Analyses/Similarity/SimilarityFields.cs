using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>Which saliency maps are compared.</summary>
internal static class SimilarityFields
{
    private const string Section = "What to explain (saliency maps of pruned models beside the trained ones')";

    // The mean of the similarity of so many images does not move any more.
    private const int MaxSimilarityImages = 4096;

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, IReadOnlyList<SaliencyMethod>>(
            "similarity", s => s.Similarity, (s, methods) => s with { Similarity = methods }, SpecItems.Any(SaliencyMethods.Item))
        {
            Rule = s => s.Similarity.Count > 0 && s.HasSoftmax
                ? "maps of models with a logit a class are not compared yet; must be none beside the softmax loss"
                : null,
            Section = Section, Example = "gradient,integrated",
            Help = $"methods: {string.Join(", ", SaliencyMethod.Offered)} (paper: all), or `none`",
        },
        new Field<SweepSpec, int>(
            "similarity_images",
            s => s.SimilarityImages, (s, images) => s with { SimilarityImages = images }, new WholeNotation(1, MaxSimilarityImages))
        {
            Section = Section, Example = "32",
            Help = "validation images of the mean (paper: 32)",
        },
    ];
}
