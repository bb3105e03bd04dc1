using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>The weight-sparse evaluation must have the bits of the dense evaluation of the same pruned models.</summary>
public sealed class SparseEvaluateTests : IDisposable
{
    private const int Inputs = 67, Images = 300;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9];
    private static readonly double[] s_levels = [0, 0.3, 0.5, 0.9, 0.95, 1];

    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>Methods and the register widths of this machine.</summary>
    public static TheoryData<string, SimdWidth> Cases
    {
        get
        {
            var data = new TheoryData<string, SimdWidth>();
            foreach (string method in PruneMethod.All.Select(method => method.Name))
            {
                foreach (KernelVariant variant in KernelCatalog.Of(SparseEvaluateOperation.Instance))
                    data.Add(method, variant.Width);
            }
            return data;
        }
    }

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_and_active_units_have_the_bits_of_the_pruned_models_in_the_dense_and_the_input_sparse_form(
        string name,
        SimdWidth width)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        ModelEvaluation[][] sparse = Sparse(_device, width, Models(), method, Identities());
        foreach (KernelForm form in new[] { KernelForm.Dense, KernelForm.InputSparse })
            SameBits($"{method}, {width} against {form}", Pruned(form, Models(), method), sparse);
    }

    [Fact]
    public void One_and_three_threads_have_the_same_bits()
    {
        ModelEvaluation[][] expected = Sparse(_device, SimdSupport.Best, Models(), PruneMethod.Global, Identities());
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads);
            SameBits($"{threads} threads", expected, Sparse(device, SimdSupport.Best, Models(), PruneMethod.Global, Identities()));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Pixels_that_are_0_in_some_tiles_of_an_item_and_not_in_others_change_no_bit(int threads)
    {
        const int Many = (20 * PixelTiles.TileImages) + 3;
        byte[] pixels = Samples.Pixels(Many, Inputs, seed: 31);
        for (int at = 0; at < pixels.Length; at++)
        {
            int tile = at / Inputs / PixelTiles.TileImages, pixel = at % Inputs;
            if ((pixel + (tile / 2)) % 3 == 0 || pixel % 5 == 0)
                pixels[at] = 0;
        }
        using var device = new CpuDevice(threads);
        var kernels = DeviceKernels.Create(device);
        using DeviceCohort cohort = Upload(device, Models());
        using DeviceImages tiles = Upload(device, KernelForm.WeightSparse, pixels), rows = Upload(device, KernelForm.Dense, pixels);
        using var sparse = new SparseCohort(device, cohort.Layout, 1);
        kernels.Compress(cohort, sparse);
        SameBits($"{threads} threads", [kernels.Evaluate(cohort, rows)], kernels.Evaluate(sparse, tiles));
    }

    [Theory]
    [InlineData(1, 1, 0, 1)]
    [InlineData(2, 19, 90_000, 2)]
    [InlineData(73, 2, 9_000, 2)]
    [InlineData(73, 2, 9_000, 64)]
    [InlineData(18, 30_000, 400_000_000, 2)]
    [InlineData(1000, 7, 7, 3)]
    public void Items_cover_all_tiles_and_blocks_once_and_are_as_many_as_threads_need(int tiles, int places, long entries, int threads)
    {
        (int items, int itemTiles, int itemPlaces) = SparseEvaluateCpu.Cut(tiles, places, entries, threads);
        Assert.InRange(itemTiles, 1, tiles);
        Assert.InRange(itemPlaces, 1, places);
        Assert.Equal((tiles + itemTiles - 1) / itemTiles * ((places + itemPlaces - 1) / itemPlaces), items);
        Assert.True(items >= Math.Min(tiles * places, 4 * threads), $"{items} items");
    }

    [Fact]
    public void A_model_alone_has_the_bits_it_has_in_a_cohort_of_11()
    {
        ModelEvaluation[][] together = Sparse(_device, SimdSupport.Best, Models(), PruneMethod.Random, Identities());
        for (int m = 0; m < s_hidden.Length; m++)
        {
            ModelEvaluation[][] alone = Sparse(_device, SimdSupport.Best, [Models()[m]], PruneMethod.Random, [Identities()[m]]);
            SameBits($"model {m} alone", [.. together.Select(level => new[] { level[m] })], alone);
        }
    }

    [Fact]
    public void A_level_alone_has_the_bits_it_has_among_others()
    {
        ModelEvaluation[][] together = Sparse(_device, SimdSupport.Best, Models(), PruneMethod.Layer, Identities());
        for (int level = 0; level < s_levels.Length; level++)
        {
            SameBits(
                $"level {s_levels[level]}",
                [together[level]],
                Sparse(_device, SimdSupport.Best, Models(), PruneMethod.Layer, Identities(), [s_levels[level]]));
        }
    }

    [Fact]
    public void A_diverged_neighbour_changes_no_bit()
    {
        ModelParameters[] beside = Models();
        for (int m = 1; m < beside.Length; m += 2)
            Array.Fill(beside[m].W1, float.NaN);
        ModelEvaluation[][] expected = Sparse(_device, SimdSupport.Best, Models(), PruneMethod.W1, Identities());
        ModelEvaluation[][] actual = Sparse(_device, SimdSupport.Best, beside, PruneMethod.W1, Identities());
        for (int m = 0; m < beside.Length; m += 2)
        {
            SameBits(
                $"model {m} beside NaN",
                [.. expected.Select(level => new[] { level[m] })],
                [.. actual.Select(level => new[] { level[m] })]);
        }
    }

    [Fact]
    public void Counting_gives_what_compressing_gives()
    {
        var kernels = DeviceKernels.Create(_device);
        using DeviceCohort cohort = Upload(_device, Models());
        using var ranks = new PruneRanks(_device, cohort.Layout, new ModelOrigin(Identities(), Seed: 1, InitStd: 0.1f));
        using SparseCohort counted = new(_device, cohort.Layout,
            s_levels.Length), compressed = new(_device, cohort.Layout, s_levels.Length);
        kernels.PruneRank(cohort, ranks, PruneMethod.Random);
        WeightCounts[][] counts = kernels.CountWeights(cohort, ranks, s_levels, counted);
        kernels.Compress(cohort, ranks, s_levels, compressed);
        for (int level = 0; level < s_levels.Length; level++)
        {
            Assert.Equal(compressed.Count()[level], counts[level]);
            for (int m = 0; m < s_hidden.Length; m++)
                Assert.Equal((Inputs * s_hidden[m]) - PruneRanks.Count(s_levels[level], Inputs * s_hidden[m]), counts[level][m].W1);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var kernels = DeviceKernels.Create(_device);
        using DeviceCohort cohort = Upload(_device, Models()), other = Upload(_device, [Models()[0]]);
        using var ranks = new PruneRanks(_device, cohort.Layout, new ModelOrigin(Identities(), Seed: 1, InitStd: 0.1f));
        using SparseCohort two = new(_device, cohort.Layout, 2), one = new(_device, cohort.Layout, 1);
        using DeviceImages images = Upload(_device, KernelForm.WeightSparse), dense = Upload(_device, KernelForm.Dense);
        Assert.Throws<ArgumentException>(() => kernels.Compress(cohort, ranks, [0.5, 0.9], two));
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        Assert.Throws<ArgumentException>(() => kernels.Compress(cohort, ranks, [0.5], two));
        Assert.Throws<ArgumentException>(() => kernels.Compress(other, ranks, [0.5, 0.9], two));
        Assert.Throws<ArgumentException>(() => kernels.Compress(cohort, two));
        Assert.Throws<ArgumentException>(() => kernels.Evaluate(two, images));
        foreach (double level in new[] { -0.001, 1.001, double.NaN })
            Assert.Throws<ArgumentOutOfRangeException>(() => kernels.Compress(cohort, ranks, [level], one));
        kernels.CountWeights(cohort, ranks, [0.5], one);
        Assert.Throws<ArgumentException>(() => kernels.Evaluate(one, images));
        kernels.Compress(cohort, ranks, [0.5], one);
        Assert.Throws<ArgumentException>(() => kernels.Evaluate(one, dense));
        Assert.Throws<ArgumentException>(() => kernels.Evaluate(cohort, images));
        using var narrow = new EvaluationBuffer(_device, cohort.Layout, Images, levels: 2);
        Assert.Throws<ArgumentException>(() => kernels.Evaluate(one, images, narrow));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SparseCohort(_device, cohort.Layout, 0));
        kernels.Evaluate(one, images);
    }

    private static ModelEvaluation[][] Sparse(
        CpuDevice device, SimdWidth width, ModelParameters[] models, PruneMethod method, ulong[] identities, double[]? levels = null)
    {
        levels ??= s_levels;
        var kernels = DeviceKernels.Create(device, width);
        using DeviceCohort cohort = Upload(device, models);
        using DeviceImages images = Upload(device, KernelForm.WeightSparse);
        using var ranks = new PruneRanks(device, cohort.Layout, new ModelOrigin(identities, Seed: 1, InitStd: 0.1f));
        using var sparse = new SparseCohort(device, cohort.Layout, levels.Length);
        kernels.PruneRank(cohort, ranks, method);

        // Twice: what is compressed first is larger and must leave nothing behind.
        kernels.Compress(cohort, ranks, new double[levels.Length], sparse);
        kernels.Compress(cohort, ranks, levels, sparse);
        return kernels.Evaluate(sparse, images);
    }

    private ModelEvaluation[][] Pruned(KernelForm form, ModelParameters[] models, PruneMethod method)
    {
        var kernels = DeviceKernels.Create(_device);
        using DeviceCohort cohort = Upload(_device, models), pruned = Upload(_device, models);
        using DeviceImages images = Upload(_device, form);
        using var ranks = new PruneRanks(_device, cohort.Layout, new ModelOrigin(Identities(), Seed: 1, InitStd: 0.1f));
        kernels.PruneRank(cohort, ranks, method);
        return [.. s_levels.Select(level =>
        {
            kernels.Prune(cohort, ranks, level, pruned);
            return kernels.Evaluate(pruned, images);
        })];
    }

    private static DeviceCohort Upload(CpuDevice device, ModelParameters[] models)
    {
        var cohort = new DeviceCohort(
            device,
            ColumnLayout.Create([.. models.Select(m => m.B1.Length)], Inputs, device.LayoutWays),
            Samples.Rates(models.Length));
        cohort.Upload(models);
        return cohort;
    }

    private static DeviceImages Upload(CpuDevice device, KernelForm form) => Upload(device, form, Samples.Pixels(Images, Inputs, seed: 31));

    private static DeviceImages Upload(CpuDevice device, KernelForm form, byte[] pixels) => new(
        device, pixels, new byte[pixels.Length / Inputs], Inputs,
        ChunkSchedule.Consecutive(pixels.Length / Inputs, pixels.Length / Inputs), form, withBackward: false);

    private static ModelParameters[] Models() => [.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))];

    private static ulong[] Identities() => [.. s_hidden.Select((_, m) => PruneCase.Identity(m))];

    private static void SameBits(string name, ModelEvaluation[][] expected, ModelEvaluation[][] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int level = 0; level < expected.Length; level++)
        {
            for (int m = 0; m < expected[level].Length; m++)
            {
                Check.SameBits(
                    $"{name}, level {level}, model {m}: logits",
                    expected[level][m].Logits.Span,
                    actual[level][m].Logits.Span,
                    zeroSigns: false);
                Assert.Equal(expected[level][m].Active, actual[level][m].Active);
            }
        }
    }
}
