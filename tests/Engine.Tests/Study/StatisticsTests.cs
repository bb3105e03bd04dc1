using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Study;

/// <summary>The figures under the verdicts, on examples that can be counted by hand.</summary>
public sealed class StatisticsTests
{
    private static EmbeddingPoint Point(double x, double y, int label) => new()
    {
        Key = SampleStudy.Key(SampleStudy.Kind("4v9", 24), 0),
        Method = EmbeddingRow.Dense,
        Sparsity = 0,
        Image = 0,
        Label = label,
        X = x,
        Y = y,
    };

    [Fact]
    public void A_spread_has_mean_deviation_median_and_ends()
    {
        Assert.Equal(new Spread(4, 2.5, Math.Sqrt(5.0 / 3), 2.5, 1, 4), Spread.Of([4, 1, 3, 2]));
        Assert.Equal(2, Spread.Of([9, 1, 2]).Median);
        Assert.True(double.IsNaN(Spread.Of([5]).Std));
        Assert.Equal(5, Spread.Of([5]).Mean);
        Assert.True(double.IsNaN(Spread.Of([]).Mean));
        Assert.True(double.IsNaN(Spread.Of([1, double.NaN]).Mean));
        Spread textbook = Spread.Of([2, 4, 4, 4, 5, 5, 7, 9]);
        Assert.Equal((5.0, Math.Sqrt(32.0 / 7)), (textbook.Mean, textbook.Std));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 3)]
    [InlineData(0.1, 1.4)]
    [InlineData(0.9, 4.6)]
    [InlineData(1, 5)]
    public void Quantiles_lie_between_the_two_nearest_values(double share, double expected) =>
        Assert.Equal(expected, Spread.Quantile([5, 3, 1, 4, 2], share), 12);

    [Fact]
    public void Capacity_differs_for_every_seed_and_for_the_median_seed()
    {
        ResultRow[] task =
        [
            .. new[] { (Hidden: 2, F1: new[] { 0.8, 0.95, 0.8 }), (4, [0.95, 0.8, 0.95]), (8, [0.91, 0.92, 0.93]) }
                .SelectMany(size => size.F1.Select((f1, seed) => SampleStudy.Result(SampleStudy.Kind("4v9", size.Hidden), seed, f1))),
        ];
        Assert.Equal(8, Capacity.EverySeed(task));
        Assert.Equal(4, Capacity.MedianSeed(task));
        Assert.Null(Capacity.EverySeed(task.Where(row => row.Kind.Hidden < 8)));
        Assert.Equal(4, Capacity.EverySeed(task.Where(row => row.Kind.Hidden == 4 && row.Seed != 1)));
    }

    [Fact]
    public void A_seed_that_failed_or_is_absent_did_not_learn()
    {
        ResultRow[] task = [.. Enumerable.Range(0, 3).Select(seed => SampleStudy.Result(SampleStudy.Kind("4v9", 8), seed, 0.95))];
        Assert.Equal(8, Capacity.EverySeed(task));
        Assert.Null(Capacity.EverySeed([task[0].AsFailed(), task[1], task[2]]));
        Assert.Null(Capacity.EverySeed([.. task[..2], SampleStudy.Result(SampleStudy.Kind("4v9", 4), 2, 0.5)]));
    }

    [Fact]
    public void Purity_is_one_for_classes_apart_and_a_half_for_classes_mixed()
    {
        EmbeddingPoint[] apart = [.. Enumerable.Range(0, 40).Select(i => Point((i % 2 * 1000) + (i * 0.1), i % 7, i % 2))];
        Assert.Equal(1, NeighbourPurity.Of(apart));
        EmbeddingPoint[] swapped = [.. apart.Select((point, i) => point with { Label = i / 2 % 2 })];
        Assert.InRange(NeighbourPurity.Of(swapped), 0.3, 0.7);
        Assert.True(double.IsNaN(NeighbourPurity.Of(apart[..1])));
    }

    [Fact]
    public void Purity_counts_neighbours_as_a_sort_would()
    {
        var random = new Random(3);
        EmbeddingPoint[] points = [.. Enumerable.Range(0, 61).Select(_ => Point(random.NextDouble(), random.NextDouble(), random.Next(3)))];
        double slow = points.Select((point, i) => points.Where((_, j) => j != i)
            .OrderBy(other => Math.Pow(other.X - point.X, 2) + Math.Pow(other.Y - point.Y, 2)).Take(NeighbourPurity.Neighbours)
            .Average(other => other.Label == point.Label ? 1.0 : 0)).Average();
        Assert.Equal(slow, NeighbourPurity.Of(points), 12);
    }
}
