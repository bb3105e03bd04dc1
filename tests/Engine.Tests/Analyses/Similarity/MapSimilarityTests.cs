using CsCheck;
using GpuMlp.Engine.Analyses.Similarity;

namespace GpuMlp.Engine.Tests.Analyses.Similarity;

public sealed class MapSimilarityTests
{
    [Theory]
    [InlineData(28, 28)]
    [InlineData(7, 7)]
    [InlineData(5, 13)]
    [InlineData(1, 9)]
    [InlineData(1, 1)]
    [InlineData(2, 30)]
    public void Similarities_are_those_of_their_definitions(int rows, int columns)
    {
        var random = new Random(rows);
        var scratch = new ComparedMap.Scratch(rows, columns);
        for (int trial = 0; trial < 12; trial++)
        {
            // From all different to nearly all tied, zeros among them.
            int kinds = trial % 4 == 0 ? 1_000_000 : 1 << (trial % 4 * 2);
            float[] a = Map(random, rows * columns, kinds), b = [.. a.Zip(
                Map(random, rows * columns, kinds),
                (x, y) => trial % 2 == 0 ? y : x + (y / 2))];
            MapSimilarity similarity = Compare(a, b, scratch, rows, columns);
            double[] x = Widen(a), y = Widen(b);
            MapSimilarity expected = NaiveSimilarity.Of(x, y, rows, columns);
            Assert.Equal(expected.Spearman, similarity.Spearman, 1e-12);
            Assert.Equal(expected.Ssim, similarity.Ssim, 1e-10);
            Assert.Equal(expected.TopIou, similarity.TopIou, 1e-15);
        }
    }

    [Fact]
    public void A_map_is_wholly_like_itself_and_its_multiples_and_signs_do_not_matter() =>
        Gen.Float[-1, 1].Array[64].Where(map => map.Distinct().Count() > 10).Sample(map =>
        {
            var scratch = new ComparedMap.Scratch(8, 8);
            MapSimilarity same = Compare(map, [.. map.Select(value => -4 * value)], scratch, 8, 8);
            return same.Spearman == 1 && Math.Abs(same.Ssim - 1) < 1e-12 && same.TopIou == 1;
        });

    [Theory]
    [InlineData(4, 4)]
    [InlineData(28, 28)]
    [InlineData(1, 1)]
    public void The_same_map_scores_exactly_1_in_everything_also_where_it_is_flat(int rows, int columns)
    {
        var random = new Random(5);
        var scratch = new ComparedMap.Scratch(rows, columns);
        foreach (float[] map in new[]
        {
            new float[rows * columns], [.. Enumerable.Repeat(-0.3f, rows * columns)], Map(random, rows
                * columns, 3), Map(random, rows * columns, 1_000_000),
            [.. Map(random, rows * columns, 5).Select(value => value * 1e-38f)], [.. Map(random, rows * columns, 7).Select(
                value => value * 3e38f)],
        })
        {
            Assert.Equal(MapSimilarity.Same, Compare(map, [.. map.Select(value => -value)], scratch, rows, columns));
        }
    }

    [Fact]
    public void A_map_without_order_is_unlike_every_other_in_everything()
    {
        var scratch = new ComparedMap.Scratch(4, 4);
        float[] zero = new float[16], flat = [.. Enumerable.Repeat(2f, 16)], map = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        foreach ((float[] one, float[] other) in new[] { (zero, map), (map, zero), (flat, map), (map, flat), (zero, flat), (flat, zero) })
            Assert.Equal(MapSimilarity.Unlike, Compare(one, other, scratch, 4, 4));

        // On the scale of its largest magnitude one flat map is any other.
        Assert.Equal(MapSimilarity.Same, Compare(flat, [.. flat.Select(value => -7 * value)], scratch, 4, 4));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_map_that_is_not_finite_has_no_similarity(float bad)
    {
        var scratch = new ComparedMap.Scratch(4, 4);
        float[] map = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        Assert.Equal(MapSimilarity.NotANumber, Compare(map, [.. map.Select((value, i) => i == 5 ? bad : value)], scratch, 4, 4));
    }

    private static MapSimilarity Compare(float[] a, float[] b, ComparedMap.Scratch scratch, int rows, int columns)
    {
        ComparedMap one = new(rows, columns), other = new(rows, columns);
        one.Set(a, scratch);
        other.Set(b, scratch);
        return one.With(other, scratch);
    }

    private static float[] Map(Random random, int inputs, int kinds)
        => [.. Enumerable.Range(0, inputs).Select(_ => (random.Next(2 * kinds) - kinds) / (float)kinds)];

    private static double[] Widen(float[] map) => Array.ConvertAll(map, value => (double)value);
}
