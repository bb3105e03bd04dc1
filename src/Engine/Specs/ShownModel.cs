using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Specs;

/// <summary>
/// The one model that stands for a sweep wherever one must be chosen: its hidden activations are embedded, its saliency maps are
/// drawn, plots of one task or size show it, and claims are judged at its rate and training. It is that of the published study
/// (4v9, H = 24, rate 0.03, its training), else the nearest that the sweep has. Chosen from the spec, before anything is
/// trained, so that all parts of a run agree and no result has a say in it.
/// </summary>
/// <param name="Variant">Position in <see cref="SweepSpec.Variants"/>.</param>
public sealed record ShownModel(ClassTask Task, int Seed, int Variant, ModelSpec Model)
{
    /// <summary>H of the study's example.</summary>
    public const int StudySize = 24;

    private static SweepSpec Study => Presets.Paper;

    /// <summary>
    /// The hardest of the study's pairs, or the first task; the first seed; the study's training, or the first; the size and the rate
    /// nearest to the study's, of two that are equally near the smaller.
    /// </summary>
    /// <param name="spec">Its lists are not empty.</param>
    public static ShownModel Of(SweepSpec spec) => new(
        Study.Tasks.Where(spec.Tasks.Contains).ToList() is [.., var hardest] ? hardest : spec.Tasks[0],
        spec.Seeds[0],
        Math.Max(0, spec.Variants().ToList().IndexOf(Study.Variants()[0])),
        new ModelSpec(
            spec.Hidden.MinBy(hidden => (Math.Abs(hidden - StudySize), hidden)),
            spec.LearningRates.MinBy(rate => (Math.Abs(Math.Log(rate / Study.LearningRates[0])), rate)),
            spec.Trainings() is var ways && ways.Contains(ModelTraining.Usual) ? ModelTraining.Usual : ways[0]));
}
