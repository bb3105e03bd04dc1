using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Reference;

/// <summary>Masked training by its definition: the weights, and every gradient, times a mask of 0 and 1; biases have none.</summary>
public static class ReferenceMask
{
    /// <summary>Parameters or gradients with 0 where the mask keeps nothing.</summary>
    /// <param name="mask">Of the parameters' shape; null keeps everything.</param>
    public static ReferenceParameters Apply(ReferenceParameters parameters, ModelMask? mask) => mask is null
        ? parameters
        : parameters with { W1 = Apply(parameters.W1, mask.W1), W2 = Apply(parameters.W2, mask.W2) };

    private static double[] Apply(double[] values, bool[] kept) => [.. values.Zip(kept, (value, isKept) => isKept ? value : 0)];
}
