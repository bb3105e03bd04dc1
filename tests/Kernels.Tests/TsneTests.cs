using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Reference;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class TsneTests : IDisposable
{
    private const int Points = 123, Hidden = 5;

    // Short, so that a test takes a moment; long enough for groups to part.
    private static readonly TsneSchedule s_short = TsneSchedule.Standard with { Steps = 300, EarlySteps = 100, Perplexity = 15 };

    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<SimdWidth> Widths => [.. SimdSupport.Available];

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_gradient_of_the_reference_is_the_slope_of_the_divergence()
    {
        const double Step = 1e-5, Tolerance = 1e-9;
        const int Few = 14;
        double[] joint = Joint(Few), places = [.. Enumerable.Range(0, 2 * Few).Select(k => Math.Sin(k * 1.7) * 3)];
        double[] gradient = ReferenceTsne.Gradient(joint, places);
        for (int k = 0; k < places.Length; k++)
        {
            double slope = (ReferenceTsne.Divergence(joint, Moved(places, k, Step))
                - ReferenceTsne.Divergence(joint, Moved(places, k, -Step))) / (2 * Step);
            Check.Near($"coordinate {k}", slope, gradient[k], Tolerance);
        }
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(12f)]
    public void Forces_of_the_kernel_make_the_gradient_of_the_reference(float exaggeration)
    {
        DeviceKernels kernels = DeviceKernels.Create(_device);
        using EmbeddingBuffer buffer = Prepared(kernels, TsneCase.Features(Points, Hidden), Hidden);
        TsneCase.Spread(buffer);
        kernels.Forces(buffer);
        float[] forces = _device.Download(buffer.Views.Forces);
        double total = forces.Take(Points).Sum(z => (double)z);
        double[] actual = new double[2 * Points];
        for (int i = 0; i < 2 * Points; i++)
        {
            float Force(int kind) => forces[(kind * buffer.Stride) + (i / 2)];
            actual[i] = 4 * ((exaggeration * Force(1 + (i % 2))) - (Force(3 + (i % 2)) / total));
        }
        double[] joint = TsneCase.Matrix(_device.Download(buffer.Views.Joint), buffer);
        Check.NearLargest("gradient", ReferenceTsne.Gradient(joint, TsneCase.Places(buffer), exaggeration), actual, 1e-5);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(30)]
    public void The_search_finds_the_precision_that_the_reference_finds(double perplexity)
    {
        DeviceKernels kernels = DeviceKernels.Create(_device);
        using var buffer = new EmbeddingBuffer(_device, TsneCase.Features(Points, Hidden), Hidden);
        kernels.Distances(buffer);
        double[] distances = TsneCase.Matrix(_device.Download(buffer.Views.Conditional), buffer);
        kernels.Affinities(buffer, perplexity);
        float[] betas = _device.Download(buffer.Views.Precisions);
        for (int i = 0; i < Points; i++)
        {
            double expected = ReferenceTsne.Precision(distances.AsSpan(i * Points, Points), i, perplexity);

            // An entropy within 1e-5 leaves the precision this much room: its slope is the variance of the distances times beta.
            Check.Near($"precision of point {i}", expected, betas[i], 2e-3 * expected);
        }
    }

    [Fact]
    public void The_divergence_falls_and_groups_part()
    {
        float[] features = [.. TsneCase.Features(Points, Hidden).Select((value, k) => value + (k / Hidden % 3 == 0 ? 4 : 0))];
        DeviceKernels kernels = DeviceKernels.Create(_device);
        using EmbeddingBuffer buffer = Prepared(kernels, features, Hidden);
        double start = kernels.Divergence(buffer);
        var divergences = new List<double>();
        foreach (int steps in new[] { 160, 220, 300 })
        {
            Scatter(buffer);
            divergences.Add((s_short with { Steps = steps }).Run(kernels, buffer, TestContext.Current.CancellationToken));
        }
        Assert.True(
            start > divergences[0] && divergences[0] > divergences[1] && divergences[1] > divergences[2],
            $"{start}, {string.Join(", ", divergences)}");

        // Under exaggeration it may rise: what falls then is another divergence. The nearest point in the picture is of the same group:
        // every third point is far from the others.
        double[] places = TsneCase.Places(buffer);
        for (int i = 0; i < Points; i++)
        {
            int nearest = Enumerable.Range(0, Points).Where(j => j != i)
                .MinBy(j => Math.Pow(places[2 * i] - places[2 * j], 2) + Math.Pow(places[(2 * i) + 1] - places[(2 * j) + 1], 2));
            Assert.Equal(i % 3 == 0, nearest % 3 == 0);
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Widths_threads_and_runs_have_the_same_bits(SimdWidth width)
    {
        (float[] x, float[] y, double divergence) = Embed(_device, SimdWidth.V128);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using var device = new CpuDevice(threads);
            (float[] otherX, float[] otherY, double other) = Embed(device, width);
            Check.SameBits($"{width}, {threads} threads: x", x, otherX);
            Check.SameBits($"{width}, {threads} threads: y", y, otherY);
            Assert.Equal(divergence, other);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void Points_that_are_all_or_mostly_the_same_stay_finite(int different)
    {
        float[] features = new float[Points * Hidden];
        if (different > 0)
            TsneCase.Features(different, Hidden).CopyTo(features, 0);
        DeviceKernels kernels = DeviceKernels.Create(_device);
        using EmbeddingBuffer buffer = Prepared(kernels, features, Hidden, perplexity: 5);
        double divergence = (s_short with { Perplexity = 5 }).Run(kernels, buffer, TestContext.Current.CancellationToken);
        Assert.True(double.IsFinite(divergence));
        Assert.All(TsneCase.Places(buffer), place => Assert.True(double.IsFinite(place)));
        Check.Near("sum of all p", 1, TsneCase.Matrix(_device.Download(buffer.Views.Joint), buffer).Sum(), 1e-4);
    }

    /// <summary>
    /// Groups as far apart as those of a well trained model: most pairs would have a p that float32 holds as a subnormal number only.
    /// </summary>
    [Theory]
    [MemberData(nameof(Widths))]
    public void No_probability_is_so_small_that_its_products_are_subnormal(SimdWidth width)
    {
        float[] features = [.. TsneCase.Features(Points, Hidden).Select((value, k) => (0.01f * value) + (k / Hidden % 3))];
        DeviceKernels kernels = DeviceKernels.Create(_device, width);
        using EmbeddingBuffer buffer = Prepared(kernels, features, Hidden);
        double[] joint = TsneCase.Matrix(_device.Download(buffer.Views.Joint), buffer);
        Assert.InRange(joint.Count(p => p == 0), Points * Points / 2, Points * Points);
        Assert.All(joint, p => Assert.True(p is 0 or > 1e-27, $"{p}"));
        Check.Near("sum of all p", 1, joint.Sum(), 1e-4);
    }

    [Fact]
    public void A_point_starts_where_its_name_seed_and_identity_say()
    {
        using var buffer = new EmbeddingBuffer(_device, new float[3 * Hidden], Hidden);
        double[] Start(int[] names, uint identity, uint seed)
        {
            buffer.Scatter(names, identity, seed);
            return TsneCase.Places(buffer);
        }

        double[] start = Start([7, 8, 9], 1, 2), other = Start([9, 8, 7], 1, 2);
        Assert.Equal(start[..2], other[4..]);
        Assert.NotEqual(start, Start([7, 8, 9], 2, 2));
        Assert.NotEqual(start, Start([7, 8, 9], 1, 3));
        Assert.All(start, place => Assert.InRange(Math.Abs(place), 1e-9, 1e-3));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        DeviceKernels kernels = DeviceKernels.Create(_device);
        using var other = new CpuDevice(1);
        using var buffer = new EmbeddingBuffer(other, new float[4], 2);
        Assert.Throws<ArgumentException>(() => new EmbeddingBuffer(_device, new float[3], 2));
        Assert.Throws<ArgumentException>(() => new EmbeddingBuffer(_device, new float[2], 2));
        Assert.Throws<ArgumentException>(() => new EmbeddingBuffer(_device, new float[100_000], 1));
        Assert.Throws<ArgumentException>(() => kernels.Distances(buffer));
        Assert.Throws<ArgumentException>(() => buffer.Scatter([1], 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceKernels.Create(other).Affinities(buffer, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceKernels.Create(other).Affinities(buffer, 2));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(65)]
    public void No_kernel_writes_or_reads_outside_its_buffers(int points)
    {
        foreach (SimdWidth width in SimdSupport.Available)
            GuardTests.RunTsne(DeviceKernels.Create(_device, width), points, Hidden);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2300)]
    [InlineData(46_000)]
    public void Sums_over_points_in_whole_units_hold_the_largest_that_there_are_and_the_smallest(int points)
    {
        float scale = TsneMove.KernelScale(points);
        long most = points * TsneMove.Fixed(points, points, scale);
        Assert.InRange(most, 1, 1L << 62);
        Check.Near("1 / Z", 1 / ((double)points * points), TsneMove.Share(most, 1 / scale), 1e-6 / points / points);
        float places = TsneMove.PlaceScale(points);
        Assert.InRange(points * TsneMove.Fixed(float.PositiveInfinity, TsneMove.Farthest, places), 1, 1L << 62);
        Assert.Equal(TsneMove.Fixed(-TsneMove.Farthest, TsneMove.Farthest, places), TsneMove.Fixed(float.NaN, TsneMove.Farthest, places));
        Check.Near(
            "mean",
            1e-3,
            TsneMove.Mean(points * TsneMove.Fixed(1e-3f, TsneMove.Farthest, places), 1 / places, points),
            1e-7 + (1 / places));
    }

    [Fact]
    public void A_cancelled_run_stops()
    {
        DeviceKernels kernels = DeviceKernels.Create(_device);
        using EmbeddingBuffer buffer = Prepared(kernels, TsneCase.Features(Points, Hidden), Hidden);
        Assert.Throws<OperationCanceledException>(() => s_short.Run(kernels, buffer, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Few_points_get_a_perplexity_that_they_bear()
    {
        Assert.Equal(30, TsneSchedule.Standard.PerplexityOf(2358));
        Assert.Equal(4.0 / 3, TsneSchedule.Standard.PerplexityOf(5));
        Assert.Equal(50, TsneSchedule.Standard.RateOf(100));
        Assert.Equal(100, TsneSchedule.Standard.RateOf(4800));
    }

    private static double[] Moved(double[] values, int index, double by)
    {
        double[] moved = [.. values];
        moved[index] += by;
        return moved;
    }

    private static double[] Joint(int points)
    {
        double[] distances = ReferenceTsne.Distances(Check.Widen(TsneCase.Features(points, Hidden)), Hidden);
        double[] conditional = [.. Enumerable.Range(0, points)
            .SelectMany(i => ReferenceTsne.Conditional(distances.AsSpan(i * points, points), i, 1.5))];
        return ReferenceTsne.Joint(conditional, points);
    }

    private static void Scatter(EmbeddingBuffer buffer) => buffer.Scatter([.. Enumerable.Range(0, buffer.Points)], identity: 1, seed: 2);

    private static EmbeddingBuffer Prepared(DeviceKernels kernels, float[] features, int hidden, double perplexity = 15)
    {
        var buffer = new EmbeddingBuffer(kernels.Device, features, hidden);
        Scatter(buffer);
        kernels.Distances(buffer);
        kernels.Affinities(buffer, perplexity);
        kernels.Symmetrize(buffer);
        return buffer;
    }

    private static (float[] X, float[] Y, double Divergence) Embed(CpuDevice device, SimdWidth width)
    {
        DeviceKernels kernels = DeviceKernels.Create(device, width);
        using EmbeddingBuffer buffer = Prepared(kernels, TsneCase.Features(Points, Hidden), Hidden);
        double divergence = (s_short with { Steps = 60, EarlySteps = 30 }).Run(kernels, buffer, TestContext.Current.CancellationToken);
        (float[] x, float[] y) = buffer.DownloadPlaces();
        return (x, y, divergence);
    }
}
