using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Reference;
using Xunit;
using static GpuMlp.Kernels.Verification.GradientCheck;

namespace GpuMlp.Kernels.Tests;

public sealed class ReferenceTests
{
    // Central differences are off by h^2 / 6 times the third derivative (1e-11 here) and by 1e-16 / h of rounding (1e-11).
    private const double Step = 1e-5, Tolerance = 1e-8;

    private const int Inputs = 11, Hidden = 7, Rows = 23;

    private readonly ReferenceParameters _model = ReferenceParameters.From(Samples.Model(Inputs, Hidden, seed: 5));
    private readonly double[] _x = ReferenceMlp.Scale(Samples.Pixels(Rows, Inputs, seed: 6));
    private readonly double[] _y = Check.Widen(Samples.Labels(Rows, seed: 7));

    [Fact]
    public void Gradients_are_the_slopes_of_the_mean_loss()
    {
        ReferenceParameters gradient = ReferenceMlp.Gradient(_model, _x, _y, ReferenceMlp.Forward(_model, _x));
        GradientCheck.Compare("reference", _model, _x, _y, gradient, BoundedModel.Exact(_model).Error);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Gradients_of_a_logit_a_class_are_the_slopes_of_the_mean_loss(int outputs)
    {
        var model = ReferenceParameters.From(Samples.Model(Inputs, Hidden, seed: 5, outputs));
        double[] y = Check.Widen(Samples.Labels(Rows, seed: 7, classes: outputs));
        ReferenceParameters gradient = ReferenceMlp.Gradient(model, _x, y, ReferenceMlp.Forward(model, _x));
        GradientCheck.Compare("reference", model, _x, y, gradient, BoundedModel.Exact(model).Error);
    }

    [Fact]
    public void Saliency_gradients_of_a_class_are_the_slopes_of_its_logit_and_probability()
    {
        const int Outputs = 4;
        var model = ReferenceParameters.From(Samples.Model(Inputs, Hidden, seed: 5, Outputs));
        int compared = 0;
        for (int at = 0; at < Rows * Inputs; at++)
        {
            (int n, int d, int k) = (at / Inputs, at % Inputs, at % Outputs);
            double[] image = _x[(n * Inputs)..((n + 1) * Inputs)];
            ReferenceForward up = ReferenceMlp.Forward(model, Moved(image, d, Step)), down = ReferenceMlp.Forward(
                model, Moved(image, d, -Step));
            if (HasKink(up, down))
                continue;
            compared++;
            double logit = ReferenceSaliency.ClassMap(model, image, SaliencyMethod.LogitGradient, k)[d];
            double probability = ReferenceSaliency.ClassMap(model, image, SaliencyMethod.ProbabilityGradient, k)[d];
            Check.Near($"dlogit/dx of image {n}, pixel {d}", (up.Logits[k] - down.Logits[k]) / (2 * Step), logit, Tolerance);
            Check.Near(
                $"dp/dx of image {n}, pixel {d}", (up.Probabilities[k] - down.Probabilities[k]) / (2 * Step), probability, Tolerance);
        }
        Assert.True(compared > 0.9 * Rows * Inputs, $"only {compared} pixels are away from a kink");
    }

    [Fact]
    public void Two_classes_have_the_loss_and_slopes_of_one_logit_that_is_their_difference()
    {
        double[] w2 = [.. _model.W2.Select(w => -w / 2), .. _model.W2.Select(w => w / 2)];
        ReferenceParameters classes = _model with { W2 = w2, B2 = [-_model.B2[0] / 2, _model.B2[0] / 2] };
        ReferenceForward one = ReferenceMlp.Forward(_model, _x), two = ReferenceMlp.Forward(classes, _x);
        ReferenceTotals expected = ReferenceMlp.Totals(one.Logits, _y), actual = ReferenceMlp.Totals(two.Logits, _y, outputs: 2);
        Check.Near("loss", expected.Loss, actual.Loss, 1e-12);
        Assert.Equal(expected.FalsePositives + expected.FalseNegatives, actual.FalsePositives);
        Check.Near(
            "dW1", ReferenceMlp.Gradient(_model, _x, _y, one).W1, ReferenceMlp.Gradient(classes, _x, _y, two).W1, [1e-12]);
    }

    [Fact]
    public void Saliency_gradients_are_the_slopes_of_logit_and_probability()
    {
        int compared = 0;
        for (int n = 0; n < Rows; n++)
        {
            double[] image = _x[(n * Inputs)..((n + 1) * Inputs)];
            double[] logit = ReferenceSaliency.Map(_model, image, SaliencyMethod.LogitGradient);
            double[] probability = ReferenceSaliency.Map(_model, image, SaliencyMethod.ProbabilityGradient);
            for (int d = 0; d < Inputs; d++)
            {
                ReferenceForward up = ReferenceMlp.Forward(_model, Moved(image, d, Step)), down = ReferenceMlp.Forward(
                    _model,
                    Moved(image, d, -Step));
                if (HasKink(up, down))
                    continue;
                compared++;
                Check.Near($"dlogit/dx of image {n}, pixel {d}", (up.Logits[0] - down.Logits[0]) / (2 * Step), logit[d], Tolerance);
                Check.Near(
                    $"dp/dx of image {n}, pixel {d}",
                    (up.Probabilities[0] - down.Probabilities[0]) / (2 * Step),
                    probability[d],
                    Tolerance);
            }
        }
        Assert.True(compared > 0.9 * Rows * Inputs, $"only {compared} pixels are away from a kink");
    }

    [Fact]
    public void Perturbation_is_the_change_of_probability_when_a_pixel_grows_by_a_tenth()
    {
        double[] image = _x[..Inputs], map = ReferenceSaliency.Map(_model, image, SaliencyMethod.Perturbation);
        double p = ReferenceMlp.Forward(_model, image).Probabilities[0];
        double[] expected = [.. Enumerable.Range(0, Inputs)
            .Select(d => Math.Abs(ReferenceMlp.Forward(_model, Moved(image, d, 0.1)).Probabilities[0] - p))];
        Check.Near("perturbation", expected, map, [1e-14]);
    }

    [Theory]
    [InlineData(0, 1, 0.69314718055994531)]
    [InlineData(800, 1, 0)]
    [InlineData(800, 0, 800)]
    [InlineData(-800, 1, 800)]
    [InlineData(-40, 0, 4.2483542552915890e-18)]
    public void The_loss_neither_overflows_nor_loses_its_digits(double logit, double label, double expected) =>
        Check.Near("loss", expected, ReferenceMlp.Loss(logit, label), 1e-15 * expected);
}
