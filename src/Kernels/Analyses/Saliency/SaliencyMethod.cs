namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>What a saliency map shows for each pixel.</summary>
public enum SaliencyMethod
{
    /// <summary>dlogit/dx, signed.</summary>
    LogitGradient,

    /// <summary>dp/dx with p = sigmoid(logit), signed.</summary>
    ProbabilityGradient,

    /// <summary>|p(x + 0.1 e_i) - p(x)|, what the published study draws.</summary>
    Perturbation,

    /// <summary>x dlogit/dx, signed.</summary>
    InputGradient,

    /// <summary>
    /// SmoothGrad (Smilkov et al. 2017): the mean of dlogit/dx over x + normal noise, signed. For one hidden layer the mean over
    /// infinitely many draws has a closed form, so none is drawn; see <see cref="SaliencyCoefficients"/>.
    /// </summary>
    SmoothGradient,

    /// <summary>
    /// Integrated gradients (Sundararajan et al. 2017) from a black image, signed: they add up to logit(x) - logit(0). For one
    /// hidden layer the integral has a closed form, so nothing is summed over steps.
    /// </summary>
    IntegratedGradient,
}
