using CsCheck;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Evaluation;

public sealed class ModelMetricsTests
{
    [Fact]
    public void Ratios_of_known_counts_are_exact()
    {
        var counts = new Confusion(TruePositives: 6, FalsePositives: 2, FalseNegatives: 4, Images: 20);
        Assert.Equal(0.7, counts.Accuracy);
        Assert.Equal(0.75, counts.Precision);
        Assert.Equal(0.6, counts.Recall);
        Assert.Equal(12.0 / 18, counts.F1);
    }

    [Theory]
    [InlineData(0, 0, 0, 0, 0)]
    [InlineData(0, 0, 0, 5, 1)]
    [InlineData(0, 3, 0, 5, 0.4)]
    [InlineData(0, 0, 3, 5, 0.4)]
    public void Ratios_without_a_denominator_or_a_hit_are_zero(
        int hits,
        int falsePositives,
        int falseNegatives,
        int images,
        double accuracy)
    {
        var counts = new Confusion(hits, falsePositives, falseNegatives, images);
        Assert.Equal((accuracy, 0, 0, 0), (counts.Accuracy, counts.Precision, counts.Recall, counts.F1));
    }

    [Fact]
    public void F1_is_the_harmonic_mean_of_precision_and_recall() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample((hits, falsePositives, falseNegatives) =>
        {
            var counts = new Confusion(hits, falsePositives, falseNegatives, 5000);
            Assert.Equal(2 * counts.Precision * counts.Recall / (counts.Precision + counts.Recall), counts.F1, 1e-12);
        });

    [Fact]
    public void Loss_is_the_textbook_formula_where_that_is_safe() =>
        Gen.Select(Gen.Float[-8, 8], Gen.Bool).Array[1, 50].Sample(images =>
        {
            float[] logits = [.. images.Select(image => image.Item1)];
            byte[] labels = [.. images.Select(image => image.Item2 ? (byte)1 : (byte)0)];
            double naive = images.Average(image =>
            {
                double p = 1 / (1 + Math.Exp(-(double)image.Item1));
                return image.Item2 ? -Math.Log(p) : -Math.Log(1 - p);
            });
            Assert.Equal(naive, ModelMetrics.Compute(logits, labels).Loss, 1e-12);
        });

    [Theory]
    [InlineData(100f, 0, 100.0)]
    [InlineData(-100f, 1, 100.0)]
    [InlineData(100f, 1, 3.720075976020836e-44)]
    [InlineData(-100f, 0, 3.720075976020836e-44)]
    [InlineData(0f, 1, 0.6931471805599453)]
    [InlineData(3e38f, 0, 3e38)]
    public void Loss_keeps_its_digits_far_from_zero(float logit, byte label, double loss)
    {
        double computed = ModelMetrics.Compute([logit], [label]).Loss;
        Assert.InRange(computed, loss * (1 - 1e-7), loss * (1 + 1e-7));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_no_number_gives_no_finite_loss(float logit) =>
        Assert.False(double.IsFinite(ModelMetrics.Compute([1f, logit], [1, 0]).Loss));

    [Fact]
    public void A_logit_of_exactly_zero_counts_as_the_second_class()
    {
        Metrics metrics = ModelMetrics.Compute([0f, -0f, float.BitDecrement(0f)], [1, 1, 1]);
        Assert.Equal((2.0 / 3, 1.0, 0.8), (metrics.Recall, metrics.Precision, metrics.F1));
    }

    [Fact]
    public void Figures_of_a_hand_worked_example_are_right()
    {
        Metrics metrics = ModelMetrics.Compute([2f, 1f, -1f, -2f, 3f], [1, 0, 1, 0, 1]);
        Assert.Equal((0.6, 2.0 / 3, 2.0 / 3, 2.0 / 3), (metrics.Accuracy, metrics.Precision, metrics.Recall, metrics.F1));
        Assert.Equal(5.0 / 6, metrics.Auc, 1e-15);
    }
}
