using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// One model on one batch in the double reference, with the bounds of float32 arithmetic: what any form of a kernel must
/// come to, whatever it skips. All comparisons throw <see cref="VerificationException"/> when a number is beyond its bound.
/// </summary>
public sealed class ModelTruth
{
    private readonly RunningError _batch;
    private readonly double[] _pixels;

    /// <param name="model">Taken as exact.</param>
    /// <param name="pixels">[N, D].</param>
    /// <param name="labels">[N], 0 or 1.</param>
    public ModelTruth(ModelParameters model, ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> labels)
    {
        _pixels = ReferenceMlp.Scale(pixels);
        _batch = new RunningError(BoundedModel.Exact(ReferenceParameters.From(model)), _pixels, Check.Widen(labels));
    }

    private ReferenceParameters Model => _batch.Model.Value;

    /// <summary>Logits [N].</summary>
    /// <returns>The largest error in units of its bound, 0..1.</returns>
    public double CompareLogits(string name, ReadOnlySpan<float> actual) =>
        Compare(name, _batch.Forward.Logits, Check.Widen(actual), _batch.LogitError);

    /// <summary>X W1 without the bias, [N, H].</summary>
    /// <inheritdoc cref="CompareLogits" path="/returns"/>
    public double CompareProduct(string name, ReadOnlySpan<float> actual)
    {
        double[] product = [.. _batch.Forward.Z.Select((z, at) => z - Model.B1[at % Model.Hidden])];
        return Compare(name, product, Check.Widen(actual), _batch.ZError);
    }

    /// <summary>The gradient of the mean loss; where <paramref name="masked"/>, that of a weight that is 0 must be 0.</summary>
    /// <inheritdoc cref="CompareLogits" path="/returns"/>
    public double CompareGradient(string name, ModelParameters actual, bool masked)
    {
        (ReferenceParameters gradient, ReferenceParameters error) = (_batch.Gradient, _batch.GradientError);
        double[] Kept(double[] values, double[] weights) => masked ? [.. values.Select((value, i) => weights[i] == 0 ? 0 : value)] : values;
        double[] worst =
        [
            Compare($"{name}: dW1", Kept(gradient.W1, Model.W1), Check.Widen(actual.W1), Kept(error.W1, Model.W1)),
            Compare($"{name}: db1", gradient.B1, Check.Widen(actual.B1), error.B1),
            Compare($"{name}: dw2", Kept(gradient.W2, Model.W2), Check.Widen(actual.W2), Kept(error.W2, Model.W2)),
            Compare($"{name}: db2", gradient.B2, Check.Widen(actual.B2), error.B2),
        ];
        return worst.Max();
    }

    /// <summary>dp/dx of the first images, [N, D] or fewer rows.</summary>
    /// <inheritdoc cref="CompareLogits" path="/returns"/>
    public double CompareProbabilityGradients(string name, ReadOnlySpan<float> actual)
    {
        int inputs = Model.Inputs;
        double worst = 0;
        for (int n = 0; n < actual.Length / inputs; n++)
        {
            ReadOnlySpan<double> image = _pixels.AsSpan(n * inputs, inputs);
            double[] map = ReferenceSaliency.Map(Model, image, SaliencyMethod.ProbabilityGradient);
            double[] bound = SaliencyBound.Of(_batch, n, image, map, SaliencyMethod.ProbabilityGradient);
            worst = Math.Max(worst, Compare($"{name} of image {n}", map, Check.Widen(actual.Slice(n * inputs, inputs)), bound));
        }
        return worst;
    }

    private static double Compare(string name, double[] expected, double[] actual, double[] bound)
    {
        Check.Near(name, expected, actual, bound);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]);
            if (error > 0)
                worst = Math.Max(worst, error / bound[i]);
        }
        return worst;
    }
}
