using CsCheck;
using GpuMlp.Engine.Evaluation;

namespace GpuMlp.Engine.Tests.Evaluation;

public sealed class RocAucTests
{
    // Few distinct values, so that most scores are tied; both zeros, which are equal, and the infinities.
    private static readonly float[] s_few = [-3f, -1f, -0f, 0f, 0.5f, 2f, float.MaxValue, float.PositiveInfinity, float.NegativeInfinity];

    private static readonly Gen<float> s_score = Gen.Int[0, s_few.Length - 1].Select(i => s_few[i]);

    [Fact]
    public void Area_is_the_share_of_pairs_in_the_right_order_with_ties_counting_half() =>
        Gen.Select(s_score, Gen.Bool).Array[2, 60].Sample(images =>
        {
            float[] scores = [.. images.Select(image => image.Item1)];
            byte[] labels = [.. images.Select(image => image.Item2 ? (byte)1 : (byte)0)];
            Assert.Equal(ByDefinition(scores, labels), RocAuc.Compute<float>(scores, labels), 1e-12);
        });

    [Fact]
    public void Area_of_untied_scores_is_by_definition_too() =>
        Gen.Select(Gen.Float[-100, 100], Gen.Bool).Array[2, 60].Sample(images =>
        {
            float[] scores = [.. images.Select(image => image.Item1)];
            byte[] labels = [.. images.Select(image => image.Item2 ? (byte)1 : (byte)0)];
            Assert.Equal(ByDefinition(scores, labels), RocAuc.Compute<float>(scores, labels), 1e-12);
        });

    [Fact]
    public void Scores_that_are_all_equal_say_nothing() =>
        Assert.Equal(0.5, RocAuc.Compute<float>([2f, 2f, 2f, 2f, 2f], [1, 0, 0, 1, 0]));

    [Theory]
    [InlineData(new[] { 1f, 2f, 3f, 4f }, 1)]
    [InlineData(new[] { 4f, 3f, 2f, 1f }, 0)]
    public void Perfect_and_reversed_orders_are_one_and_zero(float[] scores, double area) =>
        Assert.Equal(area, RocAuc.Compute<float>(scores, [0, 0, 1, 1]));

    [Fact]
    public void A_score_that_is_no_number_makes_the_area_none() =>
        Assert.Equal(double.NaN, RocAuc.Compute<float>([1f, float.NaN, 3f], [1, 0, 1]));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Without_one_of_the_classes_there_is_no_area(byte label) =>
        Assert.Equal(double.NaN, RocAuc.Compute<float>([1f, 2f], [label, label]));

    [Fact]
    public void No_images_have_no_area() => Assert.Equal(double.NaN, RocAuc.Compute<float>([], []));

    [Fact]
    public void Scores_and_labels_must_be_as_many() =>
        Assert.Throws<ArgumentException>(() => RocAuc.Compute<float>([1f], [1, 0]));

    [Fact]
    public void Scores_and_labels_are_left_in_their_order()
    {
        float[] scores = [3, 1, 2];
        byte[] labels = [1, 0, 0];
        RocAuc.Compute<float>(scores, labels);
        Assert.Equal([3f, 1f, 2f], scores);
        Assert.Equal([1, 0, 0], labels);
    }

    private static double ByDefinition(float[] scores, byte[] labels)
    {
        double wins = 0, pairs = 0;
        for (int positive = 0; positive < scores.Length; positive++)
        {
            for (int negative = 0; negative < scores.Length; negative++)
            {
                if (labels[positive] != 1 || labels[negative] != 0)
                    continue;
                pairs++;
                wins += scores[positive] > scores[negative] ? 1 : scores[positive] == scores[negative] ? 0.5 : 0;
            }
        }
        return pairs == 0 ? double.NaN : wins / pairs;
    }
}
