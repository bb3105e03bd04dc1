using CsCheck;
using GpuMlp.Kernels.Analyses.Similarity;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>What comparisons of maps promise; their figures are compared with the reference in the catalogue.</summary>
public sealed class SimilarityTests
{
    [Fact]
    public void A_map_is_wholly_like_itself_and_its_multiples_and_signs_do_not_matter() =>
        Gen.Float[-1, 1].Array[64].Where(map => map.Distinct().Count() > 10).Sample(
            map => Compare(map, [.. map.Select(value => -4 * value)], 8, 8) == MapSimilarity.Same);

    [Theory]
    [InlineData(4, 4)]
    [InlineData(28, 28)]
    [InlineData(1, 1)]
    public void The_same_map_scores_exactly_1_in_everything_also_where_it_is_flat(int rows, int columns)
    {
        var random = new Random(5);
        foreach (float[] map in new[]
        {
            new float[rows * columns], [.. Enumerable.Repeat(-0.3f, rows * columns)], Map(random, rows
                * columns, 3), Map(random, rows * columns, 1_000_000),
            [.. Map(random, rows * columns, 5).Select(value => value * 1e-38f)], [.. Map(random, rows * columns, 7).Select(
                value => value * 3e38f)],
        })
        {
            Assert.Equal(MapSimilarity.Same, Compare(map, [.. map.Select(value => -value)], rows, columns));
        }
    }

    [Fact]
    public void A_map_without_order_is_unlike_every_other_in_everything()
    {
        float[] zero = new float[16], flat = [.. Enumerable.Repeat(2f, 16)], map = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        foreach ((float[] one, float[] other) in new[] { (zero, map), (map, zero), (flat, map), (map, flat), (zero, flat), (flat, zero) })
            Assert.Equal(MapSimilarity.Unlike, Compare(one, other, 4, 4));

        // On the scale of its largest magnitude one flat map is any other.
        Assert.Equal(MapSimilarity.Same, Compare(flat, [.. flat.Select(value => -7 * value)], 4, 4));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_map_that_is_not_finite_has_no_similarity(float bad)
    {
        float[] map = [.. Enumerable.Range(0, 16).Select(i => (float)i)];
        Assert.Equal(MapSimilarity.NotANumber, Compare(map, [.. map.Select((value, i) => i == 5 ? bad : value)], 4, 4));
    }

    private static MapSimilarity Compare(float[] a, float[] b, int rows, int columns)
    {
        using var device = new CpuDevice(1);
        SimilarityCase.Run(DeviceKernels.Create(device), rows, columns, [(a, b)], out MapSimilarity[][] similarities);
        return similarities[0][0];
    }

    private static float[] Map(Random random, int inputs, int kinds)
        => [.. Enumerable.Range(0, inputs).Select(_ => (random.Next(2 * kinds) - kinds) / (float)kinds)];
}
