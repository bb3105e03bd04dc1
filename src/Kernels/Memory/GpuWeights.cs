using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>The weights of a cohort as integers, which is all that products see of them; made by <see cref="QuantiseGpu"/>.</summary>
public struct GpuWeights
{
    /// <summary>Wq, [D + 1, stride] block after block: a block starts at (D + 1) * its first column. Row D are the biases.</summary>
    public ArrayView<int> Values;

    /// <summary>e, one a padded column.</summary>
    public ArrayView<int> Exponents;

    /// <summary>f, one a padded column, with a logit a class; see <see cref="ClassOutputBody"/>. One unused value with one logit.</summary>
    public ArrayView<int> BackExponents;

    /// <summary>One a slot: not 0 when the model is out of range. Whoever writes writes 1; nobody clears on the way.</summary>
    public ArrayView<int> Failed;

    /// <summary>z of a column: times (float)V it is Z. 0 for padding and for a model that has failed.</summary>
    internal readonly float Scale(CohortViews cohort, int column)
    {
        int slot = cohort.ColumnSlots[column];
        return slot < 0 || Failed[slot] != 0 ? 0f : ExactSums.ActivationScale(Exponents[column]);
    }

    /// <summary>Of four columns.</summary>
    internal readonly Float4 Scales(CohortViews cohort, int column) =>
        new(Scale(cohort, column), Scale(cohort, column + 1), Scale(cohort, column + 2), Scale(cohort, column + 3));

    /// <summary>Z = fl((float)V z); +0 where the scale is 0.</summary>
    internal static float Activation(long sum, float scale) => scale == 0f ? 0f : sum * scale;

    /// <inheritdoc cref="Activation(long, float)"/>
    internal static Float4 Activation(Long4 sums, Float4 scales) => new(
        Activation(sums.X, scales.X), Activation(sums.Y, scales.Y), Activation(sums.Z, scales.Z), Activation(sums.W, scales.W));
}
