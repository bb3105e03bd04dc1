namespace GpuMlp.Kernels.Saliency;

/// <summary>What a saliency map shows for each pixel.</summary>
public enum SaliencyMethod
{
    /// <summary>dlogit/dx, signed.</summary>
    LogitGradient,

    /// <summary>dp/dx with p = sigmoid(logit), signed.</summary>
    ProbabilityGradient,

    /// <summary>|p(x + 0.1 e_i) - p(x)|, what the published study draws.</summary>
    Perturbation,
}
