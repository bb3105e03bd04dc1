using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>Memory of one embedding. N points lie in rows of a stride that is a multiple of 16; what is behind N is padding.</summary>
public struct TsneViews
{
    /// <summary>[H, stride]: what is embedded, one feature after the other.</summary>
    public ArrayView<float> Features;

    /// <summary>[N, stride]: squared distances, then conditional probabilities p(j | i) in their place.</summary>
    public ArrayView<float> Conditional;

    /// <summary>[N, stride]: joint probabilities, symmetric, 0 on the diagonal and in the padding; their sum is 1.</summary>
    public ArrayView<float> Joint;

    /// <summary>[N]: precision of each point's Gaussian, 1 / (2 sigma^2).</summary>
    public ArrayView<float> Precisions;

    /// <summary>[2, stride]: x of all points, then y.</summary>
    public ArrayView<float> Places;

    /// <summary>[5, stride]: sum of q of each row, then attraction x, y and repulsion x, y.</summary>
    public ArrayView<float> Forces;

    /// <summary>[4, stride]: velocity x, y and gain x, y.</summary>
    public ArrayView<float> Motion;

    /// <summary>[N]: each row's part of the divergence; on a GPU two floats a row.</summary>
    public ArrayView<double> Divergence;
}
