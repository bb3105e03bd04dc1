using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

public sealed class FeatureScalingTests
{
    [Theory]
    [InlineData(new double[] { 0, 255 }, new double[] { 0, 1, 127, 254, 255 }, new[] { 0, 1, 127, 254, 255 })]
    [InlineData(new double[] { 0, 510 }, new double[] { 1, 3, 5, 509 }, new[] { 0, 2, 2, 254 })]
    [InlineData(new double[] { -1, 1 }, new[] { -2, -1, 0, 1, 1e300 }, new[] { 0, 0, 128, 255, 255 })]
    [InlineData(new double[] { 7, 7, 7 }, new double[] { 6, 7, 8 }, new[] { 0, 0, 0 })]
    [InlineData(new[] { -1.7e308, 1.7e308 }, new[] { -1.7e308, 0, 1.7e308 }, new[] { 0, 128, 255 })]
    [InlineData(new[] { 0, double.Epsilon }, new[] { 0, double.Epsilon }, new[] { 0, 255 })]
    public void Minmax_goes_straight_from_smallest_to_largest_and_rounds_to_the_nearest_even_level(
        double[] sorted, double[] values, int[] levels) =>
        Assert.Equal(levels, Levels(FeatureScaling.MinMax, sorted, values));

    [Theory]
    [InlineData(new double[] { 1, 2, 1000 }, new double[] { 0, 1, 1.5, 2, 3, 1000, 5000 }, new[] { 0, 0, 128, 128, 255, 255, 255 })]
    [InlineData(new double[] { 0, 0, 0, 0, 1, 5 }, new double[] { 0, 1, 5 }, new[] { 0, 204, 255 })]
    [InlineData(new double[] { 3, 3 }, new double[] { 2, 3, 4 }, new[] { 0, 0, 0 })]
    public void Quantile_goes_by_how_many_training_values_are_smaller(double[] sorted, double[] values, int[] levels) =>
        Assert.Equal(levels, Levels(FeatureScaling.Quantile, sorted, values));

    [Fact]
    public void What_rounding_costs_is_counted()
    {
        // 0, 0.5 and 1 of the range: 127.5 becomes 128, 0.5 of 255 too much; the deviation of the three is the root of 1/6.
        RoundingCost cost = new();
        double[] sorted = [10, 15, 20];
        cost.Add("a", sorted, FeatureScaling.MinMax.Fit(sorted));
        double[] constant = [4, 4, 4];
        cost.Add("b", constant, FeatureScaling.MinMax.Fit(constant));
        double[] near = [0, 1e-9, 1];
        cost.Add("c", near, FeatureScaling.MinMax.Fit(near));
        TableFacts facts = cost.Facts("kind", FeatureScaling.MinMax);
        Assert.Equal((3, 1, 7L, 1L), (facts.Features, facts.ConstantFeatures, facts.DistinctValues, facts.MergedValues));
        Assert.Equal(1 / 9.0, facts.MovedShare);
        Assert.Equal(1 / 510.0, facts.LargestError, 15);
        Assert.Equal(1 / 510.0 / 3, facts.RmsError, 12);
        Assert.Equal("a", facts.WorstFeature);
        Assert.Equal(1 / 510.0 / Math.Sqrt(3) / Math.Sqrt(1 / 6.0), facts.WorstRmsErrorInDeviations, 12);
        Assert.Equal(facts.WorstRmsErrorInDeviations / Math.Sqrt(2), facts.RmsErrorInDeviations, 12);
        Assert.StartsWith("label: kind; 3 features to 256 levels by minmax: 11.1111 % of the values moved", $"{facts}");
        Assert.EndsWith("1 of 7 distinct values fell together; 1 feature is constant", $"{facts}");
    }

    private static int[] Levels(FeatureScaling scaling, double[] sorted, double[] values)
    {
        Func<double, double> scale = scaling.Fit(sorted);
        return [.. values.Select(value => (int)FeatureScaling.Level(scale(value)))];
    }
}
