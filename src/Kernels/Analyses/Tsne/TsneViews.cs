using GpuMlp.Kernels.Numerics;
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

/// <summary>Everything that a t-SNE kernel is given.</summary>
public struct TsneArguments
{
    public TsneViews Views;

    /// <summary>N.</summary>
    public int Points;

    /// <summary>N rounded up to a multiple of 16.</summary>
    public int Stride;

    /// <summary>H.</summary>
    public int Features;

    /// <summary>ln of the perplexity, as a sum of two: the entropy, in nats, that each conditional distribution is to have.</summary>
    public float EntropyHigh, EntropyLow;

    /// <summary>Sum of q over all pairs; of <see cref="KernelOperation.TsneDivergence"/>.</summary>
    public double Total;

    /// <summary>Times the joint probabilities; 1 after early exaggeration.</summary>
    public float Exaggeration;

    public float Momentum;

    public float Rate;

    /// <summary>A <see cref="SimdWidth"/>.</summary>
    public int Width;
}
