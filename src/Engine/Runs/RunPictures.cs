using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// The saliency pictures that are a run's own, as its plan has them: three of each task, of models with the seed, rate and
/// training of its <see cref="ShownModel"/>. The folder may hold more, which <c>gpumlp saliency</c> or somebody else put there.
/// </summary>
public static class RunPictures
{
    /// <summary>In the run's folder.</summary>
    public const string Folder = "saliency";

    /// <summary>Two images as the model of <see cref="PictureChoice.Hidden"/> units sees them: <c>4v9-s42-h24-gradient.png</c>.</summary>
    public static string OfModel(Plan plan, ClassTask task) => Name(plan, task, $"h{plan.Pictures.Hidden}");

    /// <summary>The means of the classes, for the same model: <c>4v9-s42-h24-average-gradient.png</c>.</summary>
    public static string OfClasses(Plan plan, ClassTask task) => Name(plan, task, $"h{plan.Pictures.Hidden}-average");

    /// <summary>One image, for models of many sizes: <c>4v9-s42-sizes-gradient.png</c>.</summary>
    public static string OfSizes(Plan plan, ClassTask task) => Name(plan, task, "sizes");

    /// <summary>All names, in the order of the plan's tasks. A task whose model failed has none.</summary>
    public static IEnumerable<string> Names(Plan plan) => plan.Pictures.Hidden == 0
        ? []
        : plan.Spec.Tasks.SelectMany(task => new[] { OfModel(plan, task), OfClasses(plan, task), OfSizes(plan, task) });

    /// <summary>Where a run has, or would have, its own picture of a name.</summary>
    public static string PathOf(RunDirectory run, string name) => run.TablePath(Path.Combine(Folder, name));

    private static string Name(Plan plan, ClassTask task, string what) =>
        $"{task}-s{ShownModel.Of(plan.Spec).Seed}-{what}-{plan.Pictures.Method.Name}.png";
}
