using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Methods;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Specs;

/// <summary>Which saliency pictures a run makes of itself: in its plan, but no part of the plan's hash.</summary>
/// <param name="Hidden">Size of the models that are shown, one of the spec's; 0 for no pictures.</param>
/// <param name="Method">One that has a name.</param>
public readonly record struct PictureChoice(int Hidden, SaliencyMethod Method)
{
    /// <summary>Every field, in the order of plans.</summary>
    public static IReadOnlyList<Field<PictureChoice>> Fields { get; } =
    [
        new Field<PictureChoice, int>(
            "saliency", choice => choice.Hidden, (choice, hidden) => choice with { Hidden = hidden }, new WholeNotation(0, ushort.MaxValue))
        {
            Value = "H",
            Example = "24",
            Help = "saliency panels of the models with H hidden units (default: 24; 0 = none); `gpumlp saliency` draws others at any time",
        },
        new Field<PictureChoice, SaliencyMethod>(
            "saliency_method",
            choice => choice.Method,
            (choice, method) => choice with { Method = method },
            new OneNotation<SaliencyMethod>(SaliencyMethods.Item, SaliencyMethod.ProbabilityGradient, SaliencyMethod.Perturbation))
        {
            Value = "gradient|perturbation",
            Example = "gradient",
            Help = "dp/dx, or the change of p when a pixel is raised by 0.1 (default: gradient)",
        },
    ];

    /// <summary>What is drawn when nobody chose.</summary>
    public static PictureChoice Usual(SweepSpec spec) =>
        new(ShownModel.Of(spec).Model.Hidden, SaliencyMethod.ProbabilityGradient);

    /// <summary>Whether there are such models.</summary>
    public bool IsOf(SweepSpec spec) => Hidden == 0 || spec.Hidden.Contains(Hidden);
}
