using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using Xunit;
using static GpuMlp.Kernels.Verification.PruneCase;

namespace GpuMlp.Kernels.Tests;

public sealed class PruneTests : IDisposable
{
    private const int Inputs = 23;
    private const uint Seed = PruneCase.Seed;

    private static readonly double[] s_levels = PruneCase.Levels;
    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9];

    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<string> Methods => [.. PruneMethod.All.Select(method => method.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Methods))]
    public void Ties_at_the_threshold_go_together_and_a_level_of_0_changes_nothing(string name)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        // Five magnitudes and both signs of zero: nearly every threshold is a tie.
        ModelParameters[] models = [.. s_hidden.Select((hidden, m) => Quantized(Samples.Model(Inputs, hidden, m)))];
        ModelParameters[][] pruned = PruneAll(_device, models, method);
        CompareWithReference(method, models, pruned);
        for (int m = 0; m < models.Length; m++)
            SameBits($"{method}, model {m} at 0", models[m], pruned[0][m]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void At_a_level_of_1_no_weight_that_is_ranked_is_left_and_biases_stay(string name)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        ModelParameters[] models = Models();
        ModelParameters[] pruned = PruneAll(_device, models, method)[^1];
        for (int m = 0; m < models.Length; m++)
        {
            Assert.All(pruned[m].W1, weight => Assert.Equal(0, weight));
            Assert.Equal(method == PruneMethod.W1 ? models[m].W2 : new float[models[m].W2.Length], pruned[m].W2);
            Check.SameBits("b1", models[m].B1, pruned[m].B1);
            Check.SameBits("b2", models[m].B2, pruned[m].B2);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void What_a_level_prunes_every_higher_level_prunes_too(string name)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        ModelParameters[][] pruned = PruneAll(_device, Models(), method);
        for (int level = 1; level < s_levels.Length; level++)
        {
            foreach ((ModelParameters less, ModelParameters more) in pruned[level - 1].Zip(pruned[level]))
            {
                Assert.True(
                    All(less).Zip(All(more)).All(pair => pair.First != 0 || pair.Second == 0),
                    $"{method}: {s_levels[level - 1]} is not within {s_levels[level]}");
                Assert.True(
                    All(less).Zip(All(more)).All(pair => pair.Second == 0 || pair.Second == pair.First),
                    $"{method}: a weight has changed");
            }
        }
    }

    [Fact]
    public void Random_takes_exactly_as_many_as_the_ranking_by_layer()
    {
        ModelParameters[] models = Models();
        ModelParameters[][] random = PruneAll(_device, models, PruneMethod.Random), layer = PruneAll(_device, models, PruneMethod.Layer);
        for (int level = 0; level < s_levels.Length; level++)
        {
            for (int m = 0; m < models.Length; m++)
            {
                Assert.Equal((int)(s_levels[level] * models[m].W1.Length), random[level][m].W1.Count(w => w == 0));
                Assert.Equal((int)(s_levels[level] * models[m].W2.Length), random[level][m].W2.Count(w => w == 0));
                Assert.Equal(layer[level][m].W1.Count(w => w == 0), random[level][m].W1.Count(w => w == 0));
            }
        }
    }

    [Fact]
    public void Random_choices_belong_to_seed_and_identity()
    {
        ModelParameters[] twins = [Samples.Model(Inputs, 16, 1), Samples.Model(Inputs, 16, 1), Samples.Model(Inputs, 16, 2)];
        float[][] Chosen(uint seed, params ulong[] identities) =>
            [.. PruneAll(_device, twins, PruneMethod.Random, seed, identities)[5].Select(
                model => All(model).Select(w => w == 0 ? 1f : 0f).ToArray())];
        float[][] first = Chosen(1, 7, 8, 7), otherSeed = Chosen(2, 7, 8, 7), high = Chosen(1, 7UL << 32, 8, 7);
        Assert.Equal(first[0], first[2]);
        Assert.NotEqual(first[0], first[1]);
        Assert.NotEqual(first[0], otherSeed[0]);
        Assert.NotEqual(first[0], high[0]);
        Assert.Equal(first[1], high[1]);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Threads_and_neighbours_change_no_bit(string name)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        ModelParameters[] models = Models();
        ModelParameters[][] expected = PruneAll(_device, models, method);
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads);
            ModelParameters[][] actual = PruneAll(device, models, method);
            for (int level = 0; level < s_levels.Length; level++)
            {
                for (int m = 0; m < models.Length; m++)
                    SameBits($"{method}, {threads} threads, level {s_levels[level]}, model {m}", expected[level][m], actual[level][m]);
            }
        }
        for (int m = 0; m < models.Length; m++)
        {
            ModelParameters[][] alone = PruneAll(_device, [models[m]], method, Seed, [Identity(m)]);
            for (int level = 0; level < s_levels.Length; level++)
                SameBits($"{method}, model {m} alone, level {s_levels[level]}", expected[level][m], alone[level][0]);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_neighbour_of_NaN_changes_no_bit_and_pruning_makes_none(string name)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        ModelParameters[] models = Models(), beside = Models();
        for (int m = 1; m < beside.Length; m += 2)
        {
            Array.Fill(beside[m].W1, float.NaN);
            Array.Fill(beside[m].W2, float.PositiveInfinity);
        }
        ModelParameters[][] expected = PruneAll(_device, models, method), actual = PruneAll(_device, beside, method);
        for (int level = 0; level < s_levels.Length; level++)
        {
            for (int m = 0; m < models.Length; m += 2)
            {
                SameBits($"{method}, model {m} beside NaN", expected[level][m], actual[level][m]);
                Assert.All(All(actual[level][m]), weight => Assert.True(float.IsFinite(weight)));
            }
        }
    }

    [Fact]
    public void Rounds_take_each_their_share_of_what_is_left_rounded_down()
    {
        int[] Left(double share, int size, int rounds) =>
            [.. Enumerable.Range(0, rounds + 1).Select(round => size - PruneRanks.Count(share, size, round))];
        Assert.Equal([10, 8, 7, 6, 5, 4, 4], Left(0.2, 10, 6));
        Assert.Equal([1000, 1, 1], Left(0.999, 1000, 2));
        Assert.Equal(PruneRanks.Count(0.29, 100), PruneRanks.Count(0.29, 100, 1));
        Assert.Equal(new PruneCounts(36, 36), PruneMethod.Global.CountsOf(90, 10, 0.2, 2));
        Assert.Equal(new PruneCounts(32, 3), PruneMethod.Layer.CountsOf(90, 10, 0.2, 2));
        Assert.Equal(new PruneCounts(32, 0), PruneMethod.W1.CountsOf(90, 10, 0.2, 2));
    }

    [Fact]
    public void Each_model_loses_as_many_weights_as_it_is_told_to()
    {
        var kernels = DeviceKernels.Create(_device);
        ModelParameters[] models = Models();
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, _device.LayoutWays);
        using var cohort = new DeviceCohort(_device, layout, Samples.Rates(models.Length));
        using var target = new DeviceCohort(_device, layout, Samples.Rates(models.Length), withMask: true);
        using var ranks = new PruneRanks(_device, layout, Origin(models.Length));
        cohort.Upload(models);
        kernels.PruneRank(cohort, ranks, PruneMethod.Random);
        PruneCounts[] counts = [.. models.Select((model, m) => new PruneCounts(7 * m, Math.Min(m, model.W2.Length)))];
        kernels.Prune(cohort, ranks, counts, target);
        Assert.Equal(counts, target.Download().Select(model => new PruneCounts(model.W1.Count(w => w == 0), model.W2.Count(w => w == 0))));
        Assert.Equal(counts, target.DownloadMask().Select(mask => new PruneCounts(mask.W1.Count(false), mask.W2.Count(false))));
        Assert.Throws<ArgumentException>(() => kernels.Prune(cohort, ranks, [counts[0]], target));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var kernels = DeviceKernels.Create(_device);
        ColumnLayout layout = ColumnLayout.Create([4, 2], Inputs, 2), other = ColumnLayout.Create([4, 3], Inputs, 2);
        using var cohort = new DeviceCohort(_device, layout, [0.1f, 0.1f]);
        using var target = new DeviceCohort(_device, ColumnLayout.Create([4, 2], Inputs, 2), [0.1f, 0.1f]);
        using var wrong = new DeviceCohort(_device, other, [0.1f, 0.1f]);
        using var ranks = new PruneRanks(_device, layout, new ModelOrigin([1, 2], Seed, InitStd));
        Assert.Throws<ArgumentException>(() => new PruneRanks(_device, layout, new ModelOrigin([1], Seed, InitStd)));
        Assert.Throws<ArgumentException>(() => kernels.Prune(cohort, ranks, 0.5, target));
        Assert.Throws<ArgumentException>(() => kernels.PruneRank(wrong, ranks, PruneMethod.Layer));
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        Assert.Throws<ArgumentException>(() => kernels.Prune(cohort, ranks, 0.5, wrong));
        Assert.Throws<ArgumentException>(() => kernels.Prune(wrong, ranks, 0.5, target));
        Assert.Throws<ArgumentException>(() => kernels.Prune(cohort, ranks, 0.5, cohort));
        foreach (double level in new[] { -0.001, 1.001, double.NaN, double.PositiveInfinity })
            Assert.Throws<ArgumentOutOfRangeException>(() => kernels.Prune(cohort, ranks, level, target));
        kernels.Prune(cohort, ranks, 0.5, target);
    }

    private static ModelParameters[][] PruneAll(
        ComputeDevice device,
        ModelParameters[] models,
        PruneMethod method,
        uint seed = Seed,
        ulong[]? identities = null)
    {
        ColumnLayout layout = ColumnLayout.Create([.. models.Select(m => m.B1.Length)], Inputs, device.LayoutWays);
        using var cohort = new DeviceCohort(device, layout, Samples.Rates(models.Length));
        cohort.Upload(models);
        return PruneLevels(
            DeviceKernels.Create(device),
            device,
            cohort,
            method,
            seed,
            identities ?? [.. models.Select((_, m) => Identity(m))]);
    }

    private static ModelParameters[] Models() => [.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))];

    private static IEnumerable<float> All(ModelParameters model) => [.. model.W1, .. model.W2];

    private static ModelParameters Quantized(ModelParameters model)
    {
        float[] Round(float[] values) => Array.ConvertAll(values, value => MathF.Round(value * 4) / 4);
        return model with { W1 = Round(model.W1), W2 = Round(model.W2) };
    }

    private static void SameBits(string name, ModelParameters expected, ModelParameters actual)
    {
        Check.SameBits($"{name}: W1", expected.W1, actual.W1);
        Check.SameBits($"{name}: b1", expected.B1, actual.B1);
        Check.SameBits($"{name}: w2", expected.W2, actual.W2);
        Check.SameBits($"{name}: b2", expected.B2, actual.B2);
    }
}
