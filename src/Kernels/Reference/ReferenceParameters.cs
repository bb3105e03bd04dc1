using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Reference;

/// <summary>Parameters (or their gradients) of one model in double: W1 row-major [D, H], b1 [H], w2 [O, H], b2 [O].</summary>
public sealed record ReferenceParameters(double[] W1, double[] B1, double[] W2, double[] B2)
{
    /// <summary>H.</summary>
    public int Hidden => B1.Length;

    /// <summary>O.</summary>
    public int Outputs => B2.Length;

    /// <summary>D.</summary>
    public int Inputs => W1.Length / B1.Length;

    /// <summary>The same numbers in double; exact.</summary>
    public static ReferenceParameters From(ModelParameters model) =>
        new(Widen(model.W1), Widen(model.B1), Widen(model.W2), Widen(model.B2));

    /// <summary>
    /// Gradient descent: each parameter minus rate times its gradient, to which decay times the weight is added for W1 and
    /// w2: the gradient of loss + decay / 2 * (|W1|^2 + |w2|^2). A new object; nothing is overwritten.
    /// </summary>
    public ReferenceParameters Step(double rate, ReferenceParameters gradient, double decay = 0) => new(
        Minus(W1, rate, gradient.W1, decay), Minus(B1, rate, gradient.B1), Minus(W2, rate, gradient.W2, decay),
        Minus(B2, rate, gradient.B2));

    private static double[] Widen(float[] values) => Array.ConvertAll(values, value => (double)value);

    private static double[] Minus(double[] values, double rate, double[] gradient, double decay = 0)
    {
        var result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
            result[i] = values[i] - (rate * (gradient[i] + (decay * values[i])));
        return result;
    }
}

/// <summary>Z and relu(Z) [B, H], logits and probabilities [B, O].</summary>
public sealed record ReferenceForward(double[] Z, double[] Activations, double[] Logits, double[] Probabilities);

/// <summary>Sums over images: binary cross-entropy in nats, and counts; positive means logit &gt;= 0.</summary>
public readonly record struct ReferenceTotals(double Loss, int TruePositives, int FalsePositives, int FalseNegatives, int Images)
{
    public static ReferenceTotals operator +(ReferenceTotals a, ReferenceTotals b) => new(
        a.Loss + b.Loss,
        a.TruePositives + b.TruePositives,
        a.FalsePositives + b.FalsePositives,
        a.FalseNegatives + b.FalseNegatives,
        a.Images + b.Images);
}
