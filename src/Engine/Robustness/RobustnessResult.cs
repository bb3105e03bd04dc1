using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Robustness;

/// <summary>One trained model on its validation images, all of them corrupted in one way.</summary>
/// <param name="Corruption">What was done to the images.</param>
/// <param name="ValF1">0..1; predictions are as everywhere: positive from a logit of 0.</param>
/// <param name="ValAccuracy">0..1.</param>
public readonly record struct RobustnessResult(Corruption Corruption, double ValF1, double ValAccuracy)
{
    /// <summary>False: the model failed and has no figures.</summary>
    public bool IsOk => double.IsFinite(ValF1);

    /// <summary>Without figures: a weight or a logit is not finite.</summary>
    public static RobustnessResult Failed(Corruption corruption) => new(corruption, double.NaN, double.NaN);
}
