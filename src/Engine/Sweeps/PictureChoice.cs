using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Sweeps;

/// <summary>Which saliency pictures a run makes of itself.</summary>
/// <param name="Hidden">Size of the models that are shown, one of the spec's; 0 for no pictures.</param>
/// <param name="Method">One that has a name.</param>
public readonly record struct PictureChoice(int Hidden, SaliencyMethod Method)
{
    /// <summary>What is drawn when nobody chose.</summary>
    public static PictureChoice Usual(SweepSpec spec) => new(ShownModel.Of(spec).Model.Hidden, SaliencyMethod.ProbabilityGradient);
}
