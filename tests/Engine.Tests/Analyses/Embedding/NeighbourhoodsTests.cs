using GpuMlp.Engine.Analyses.Embedding;

namespace GpuMlp.Engine.Tests.Analyses.Embedding;

public sealed class NeighbourhoodsTests
{
    private const int Points = 60;

    [Fact]
    public void A_picture_of_the_features_themselves_is_trusted_wholly()
    {
        (float[] x, float[] y) = Picture(seed: 1);
        Assert.Equal(new Neighbourhoods(1, 1), Neighbourhoods.Compare(Side(x, y), 2, x, y));
    }

    [Fact]
    public void A_random_picture_is_trusted_about_half()
    {
        (float[] x, float[] y) = Picture(seed: 1);
        (float[] otherX, float[] otherY) = Picture(seed: 2);
        Neighbourhoods near = Neighbourhoods.Compare(Side(x, y), 2, otherX, otherY);
        Assert.InRange(near.Trustworthiness, 0.4, 0.6);
        Assert.InRange(near.Kept, 0.1, 0.25);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(10)]
    public void Both_numbers_are_those_of_the_definition(int k)
    {
        (float[] x, float[] y) = Picture(seed: 3);
        (float[] noiseX, float[] noiseY) = Picture(seed: 4);
        float[] features = Side([.. x.Zip(noiseX, (a, b) => a + (b / 2))], [.. y.Zip(noiseY, (a, b) => a + (b / 2))]);
        double penalty = 0, kept = 0;
        for (int i = 0; i < Points; i++)
        {
            double[] truth = [.. Enumerable.Range(0, Points)
                .Select(j => Square(features[2 * i] - features[2 * j]) + Square(features[(2 * i) + 1] - features[(2 * j) + 1]))];
            int[] others = [.. Enumerable.Range(0, Points).Where(j => j != i)];
            foreach (int j in others.OrderBy(j => Square(x[i] - x[j]) + Square(y[i] - y[j])).Take(k))
            {
                int rank = 1 + others.Count(l => truth[l] < truth[j]);
                penalty += Math.Max(0, rank - k);
                kept += rank <= k ? 1 : 0;
            }
        }
        Neighbourhoods near = Neighbourhoods.Compare(features, 2, x, y, k);
        Assert.Equal(1 - (2.0 / (Points * k * ((2 * Points) - (3 * k) - 1)) * penalty), near.Trustworthiness, 1e-12);
        Assert.Equal(kept / (Points * k), near.Kept, 1e-12);
    }

    [Fact]
    public void Points_that_are_all_the_same_have_no_intruders()
    {
        (float[] x, float[] y) = Picture(seed: 5);
        Assert.Equal(new Neighbourhoods(1, 1), Neighbourhoods.Compare(new float[3 * Points], 3, x, y));
    }

    [Fact]
    public void Two_points_have_no_neighbourhood() =>
        Assert.Equal(new Neighbourhoods(double.NaN, double.NaN), Neighbourhoods.Compare(new float[2], 1, [0, 1], [0, 1]));

    private static double Square(double value) => value * value;

    private static (float[] X, float[] Y) Picture(int seed)
    {
        var random = new Random(seed);
        float[] Axis() => [.. Enumerable.Range(0, Points).Select(_ => random.NextSingle())];
        return (Axis(), Axis());
    }

    private static float[] Side(float[] x, float[] y) => [.. x.Zip(y).SelectMany(pair => new[] { pair.First, pair.Second })];
}
