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

    /// <summary>K, logits [N, K] with many ties among them, and labels of which every class has some.</summary>
    private static readonly Gen<(int Outputs, float[] Logits, byte[] Labels)> s_softmax =
        from outputs in Gen.Int[2, 6]
        from images in Gen.Int[outputs, 40]
        from logits in Gen.OneOf(Gen.Float[-9, 9], Gen.Int[-2, 2].Select(few => (float)few)).Array[images * outputs]
        from labels in Gen.Int[0, outputs - 1].Array[images - outputs]
        select (outputs, logits, (byte[])[.. Enumerable.Range(0, outputs).Select(k => (byte)k), .. labels.Select(k => (byte)k)]);

    [Fact]
    public void Figures_of_several_logits_are_those_of_their_definitions() => s_softmax.Sample(sample =>
    {
        (int outputs, float[] logits, byte[] labels) = sample;
        Metrics metrics = ModelMetrics.Compute(logits, labels, outputs);
        double[][] shares = [.. logits.Chunk(outputs).Select(own =>
        {
            double sum = own.Sum(z => Math.Exp(z));
            return own.Select(z => Math.Exp(z) / sum).ToArray();
        })];
        int[] taken = [.. logits.Chunk(outputs).Select(own => Enumerable.Range(0, outputs).First(k => own[k] == own.Max()))];
        Assert.Equal(shares.Zip(labels).Average(image => -Math.Log(image.First[image.Second])), metrics.Loss, 1e-12);
        Assert.Equal((double)taken.Zip(labels).Count(image => image.First == image.Second) / labels.Length, metrics.Accuracy);

        var classes = Enumerable.Range(0, outputs).Select(k =>
        {
            int hits = taken.Zip(labels).Count(image => image.First == k && image.Second == k);
            int predicted = taken.Count(one => one == k), own = labels.Count(label => label == k);
            double precision = predicted == 0 ? 0 : (double)hits / predicted, recall = (double)hits / own;
            return (precision, recall, F1: precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
        }).ToArray();
        var told = outputs == 2 ? classes[1..] : classes;
        Assert.Equal(told.Average(one => one.precision), metrics.Precision, 1e-12);
        Assert.Equal(told.Average(one => one.recall), metrics.Recall, 1e-12);
        Assert.Equal(told.Average(one => one.F1), metrics.F1, 1e-12);
    });

    [Fact]
    public void The_area_of_several_classes_is_the_mean_of_each_against_the_rest_by_probability() => Gen.Select(
        Gen.Int[2, 6], Gen.Int[-400_000, 400_000].Array[240]).Sample((outputs, draws) =>
    {
        // Draws that hardly ever tie, where probabilities keep their digits.
        float[] logits = [.. draws.Take(draws.Length / outputs * outputs).Select(draw => draw / 1e5f)];
        byte[] labels = [.. Enumerable.Range(0, logits.Length / outputs).Select(n => (byte)(n % outputs))];
        double[] areas = [.. Enumerable.Range(0, outputs).Select(k => RocAuc.Compute<double>(
            [.. logits.Chunk(outputs).Select(own => Math.Exp(own[k]) / own.Sum(z => Math.Exp(z)))], labels, (byte)k))];
        Assert.Equal((outputs == 2 ? areas[1..] : areas).Average(), ModelMetrics.Auc(logits, labels, outputs), 1e-3);
        Assert.All(areas, (area, k) => Assert.Equal(area, ModelMetrics.ClassAuc(logits, labels, outputs, k), 2e-3));
    });

    [Fact]
    public void Images_of_the_same_logits_are_tied() => Assert.Equal(
        (0.5, 0.75), (ModelMetrics.Auc([1f, 2f, 3f, 1f, 2f, 3f, 1f, 2f, 3f], [0, 1, 2], 3),
            ModelMetrics.ClassAuc([1f, 2f, 3f, 1f, 2f, 3f, 1f, 0f, 3f], [0, 1, 2], 3, 1)));

    [Fact]
    public void Two_logits_have_the_figures_of_their_difference() => s_softmax.Where(sample => sample.Outputs == 2).Sample(sample =>
    {
        (_, float[] logits, byte[] labels) = sample;

        // Whole numbers: a float32 holds their differences.
        logits = [.. logits.Select(logit => MathF.Round(logit))];
        // Equal ones are the first class; one logit of 0 would be the second.
        float[] difference = [.. logits.Chunk(2).Select(own => own[1] == own[0] ? -float.Epsilon : own[1] - own[0])];
        (Metrics two, Metrics one) = (ModelMetrics.Compute(logits, labels, 2), ModelMetrics.Compute(difference, labels));
        Assert.Equal(one with { Loss = two.Loss }, two);
        Assert.Equal(one.Loss, two.Loss, 1e-12);
    });

    [Theory]
    [InlineData(100f, 0, 0f, 1, 100)]
    [InlineData(100f, 0, 0f, 0, 3.720075976020836e-44)]
    [InlineData(3e38f, 0f, 0f, 2, 3e38)]
    public void Loss_of_several_logits_keeps_its_digits(float first, float second, float third, byte label, double loss)
    {
        // e^-100 twice where no logit is near the largest.
        double computed = ModelMetrics.Loss([first, second, third], [label], 3);
        Assert.InRange(computed, loss * (1 - 1e-7), (loss < 1 ? 2 : 1) * loss * (1 + 1e-7));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Several_logits_of_which_one_is_no_number_give_no_finite_loss(float logit) => Assert.All((byte[])[0, 1, 2], label =>
        Assert.False(double.IsFinite(ModelMetrics.Loss([1f, logit, 0f, 1f, 0f, 0f], [label, 0], 3))));

    [Fact]
    public void A_confusion_matrix_counts_what_was_taken_for_what()
    {
        ConfusionMatrix counts = ModelMetrics.Count([3f, 0f, 1f, 0f, 1f, 2f, 0f, 2f, 2f, 1f, 1f, 5f], [0, 1, 1, 2], 3);
        Assert.Equal((1, 0, 0), (counts[0, 0], counts[0, 1], counts[0, 2]));
        Assert.Equal((0, 1, 1), (counts[1, 0], counts[1, 1], counts[1, 2]));
        Assert.Equal((0, 0, 1), (counts[2, 0], counts[2, 1], counts[2, 2]));
        Assert.Equal(new Confusion(1, 0, 1, 4), counts.Of(1));
        Assert.Equal(new ClassFigures(0.75, (1 + 1 + 0.5) / 3, (1 + 0.5 + 1) / 3, (1 + (2.0 / 3) + (2.0 / 3)) / 3), counts.Figures);
    }

    [Fact]
    public void Figures_of_a_hand_worked_example_are_right()
    {
        Metrics metrics = ModelMetrics.Compute([2f, 1f, -1f, -2f, 3f], [1, 0, 1, 0, 1]);
        Assert.Equal((0.6, 2.0 / 3, 2.0 / 3, 2.0 / 3), (metrics.Accuracy, metrics.Precision, metrics.Recall, metrics.F1));
        Assert.Equal(5.0 / 6, metrics.Auc, 1e-15);
    }
}
