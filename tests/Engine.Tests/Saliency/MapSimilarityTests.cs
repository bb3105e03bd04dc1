using CsCheck;
using GpuMlp.Engine.Saliency;

namespace GpuMlp.Engine.Tests.Saliency;

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
            float[] a = Map(random, rows * columns, kinds), b = [.. a.Zip(Map(random, rows * columns, kinds), (x, y) => trial % 2 == 0 ? y : x + (y / 2))];
            MapSimilarity similarity = Compare(a, b, scratch, rows, columns);
            double[] x = Widen(a), y = Widen(b);
            Assert.Equal(NaiveSimilarity.Spearman(x, y), similarity.Spearman, 1e-12);
            Assert.Equal(NaiveSimilarity.Ssim(x, y, rows, columns), similarity.Ssim, 1e-10);
            Assert.Equal(NaiveSimilarity.TopIou(x, y), similarity.TopIou, 1e-15);
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

    [Fact]
    public void A_map_without_order_ranks_nothing()
    {
        var scratch = new ComparedMap.Scratch(4, 4);
        float[] zero = new float[16], map = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        Assert.Equal(0, Compare(zero, map, scratch, 4, 4).Spearman);
        Assert.Equal(0, Compare(zero, zero, scratch, 4, 4).TopIou);
        Assert.Equal(1, Compare(zero, zero, scratch, 4, 4).Ssim);
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

    private static float[] Map(Random random, int inputs, int kinds) => [.. Enumerable.Range(0, inputs).Select(_ => (random.Next(2 * kinds) - kinds) / (float)kinds)];

    private static double[] Widen(float[] map) => Array.ConvertAll(map, value => (double)value);
}
