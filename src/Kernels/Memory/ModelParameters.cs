namespace GpuMlp.Kernels.Memory;

/// <summary>
/// Parameters (or their gradients) of one model in float32: W1 row-major [D, H], b1 [H], w2 row-major [O, H], b2 [O]. O is 1 for one
/// logit, else the classes; see <see cref="ColumnLayout.Outputs"/>.
/// </summary>
public sealed record ModelParameters(float[] W1, float[] B1, float[] W2, float[] B2)
{
    /// <summary>H.</summary>
    public int Hidden => B1.Length;

    /// <summary>O.</summary>
    public int Outputs => B2.Length;
}
