using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>dW1 and gradient maps over compressed weights: their bits depend on the model, the images and the batch alone.</summary>
public sealed class SparseGradientTests : IDisposable
{
    // Two batches: one of two chunks, one that ends within a tile.
    private const int Inputs = 67, Images = 450, Batch = 384;

    private const double Level = 0.8;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9];

    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>The register widths of this machine.</summary>
    public static TheoryData<SimdWidth> Widths => [.. KernelCatalog.Of(SparseBackwardOperation.Instance).Select(variant => variant.Width)];

    private static readonly SaliencyMethod[] s_gradients = [SaliencyMethod.LogitGradient, SaliencyMethod.ProbabilityGradient];

    public static TheoryData<string> Gradients => [.. s_gradients.Select(method => method.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Gradients))]
    public void Maps_have_the_bits_of_those_of_the_pruned_models_in_the_dense_form(string name)
    {
        SaliencyMethod method = SaliencyMethod.All.Single(method => method.Name == name);
        var kernels = DeviceKernels.Create(_device);
        using DeviceCohort pruned = Upload(_device, Pruned(Models()));
        using var images = new DeviceImages(
            _device,
            Pixels(),
            Labels(),
            Inputs,
            ChunkSchedule.Consecutive(Images, Batch),
            KernelForm.Dense,
            withBackward: false);
        ReadOnlyMemory<float>[] expected = kernels.Saliency(pruned, images, method);
        foreach (KernelVariant variant in KernelCatalog.Of(SparseSaliencyOperation.Instance))
            SameBits($"{method}, {variant.Width}", expected, Run(_device, variant.Width, Pruned(Models())).Maps[method]);
    }

    [Fact]
    public void The_gradient_is_the_masked_one_but_for_the_order_of_its_sums()
    {
        var kernels = DeviceKernels.Create(_device);
        ModelParameters[] models = Pruned(Models());
        using var cohort = new DeviceCohort(_device, Layout(_device, models), Samples.Rates(models.Length), withMask: true);
        cohort.Upload(models);
        cohort.SetMask([.. models.Select(model => new ModelMask([.. model.W1.Select(w => w != 0)], [.. model.W2.Select(w => w != 0)]))]);
        using var images = new DeviceImages(
            _device,
            Pixels(),
            Labels(),
            Inputs,
            ChunkSchedule.Consecutive(Images, Batch),
            KernelForm.Dense,
            withBackward: true);
        float[][] actual = Run(_device, SimdSupport.Best, models).Gradients;
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            kernels.HiddenForward(cohort, images, chunk);
            kernels.OutputLoss(cohort, images, chunk);
            kernels.OutputBackward(cohort, images, chunk);
            kernels.HiddenBackward(cohort, images, chunk);
        }
        ModelParameters[] expected = cohort.DownloadGradients();
        for (int m = 0; m < models.Length; m++)
        {
            double largest = expected[m].W1.Max(Math.Abs);
            for (int i = 0; i < actual[m].Length; i++)
            {
                Assert.True(models[m].W1[i] != 0 || actual[m][i] == 0, $"model {m}: dW1[{i}] of a pruned weight");
                Assert.InRange(actual[m][i], expected[m].W1[i] - (Batch * 1e-7 * largest), expected[m].W1[i] + (Batch * 1e-7 * largest));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Every_register_width_has_the_same_bits(SimdWidth width) =>
        SameBits($"{width}", Run(_device, SimdWidth.V128, Pruned(Models())), Run(_device, width, Pruned(Models())));

    [Fact]
    public void One_and_three_threads_have_the_same_bits()
    {
        Result expected = Run(_device, SimdSupport.Best, Pruned(Models()));
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads);
            SameBits($"{threads} threads", expected, Run(device, SimdSupport.Best, Pruned(Models())));
        }
    }

    [Fact]
    public void A_model_alone_has_the_bits_it_has_in_a_cohort_of_11()
    {
        ModelParameters[] models = Pruned(Models());
        Result together = Run(_device, SimdSupport.Best, models);
        for (int m = 0; m < models.Length; m++)
            SameBits($"model {m} alone", together.Of(m), Run(_device, SimdSupport.Best, [models[m]]));
    }

    [Fact]
    public void A_diverged_neighbour_changes_no_bit()
    {
        ModelParameters[] models = Pruned(Models()), beside = Pruned(Models());
        for (int m = 1; m < beside.Length; m += 2)
            Array.Fill(beside[m].W1, float.NaN);
        Result expected = Run(_device, SimdSupport.Best, models), actual = Run(_device, SimdSupport.Best, beside);
        for (int m = 0; m < models.Length; m += 2)
            SameBits($"model {m} beside NaN", expected.Of(m), actual.Of(m));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        var kernels = DeviceKernels.Create(_device);
        ModelParameters[] models = Models();
        using DeviceCohort cohort = Upload(_device, models), other = Upload(_device, [models[0]]);
        using SparseCohort weights = new(_device, cohort.Layout, 1), two = new(_device, cohort.Layout, 2);
        using var gradient = new SparseGradient(_device);
        using DeviceImages images = Tiled(_device), plain = new(
            _device, Pixels(), Labels(), Inputs, ChunkSchedule.Consecutive(Images, Batch), KernelForm.WeightSparse, withBackward: false);
        Assert.Throws<ArgumentException>(() => kernels.HiddenBackward(weights, cohort, images, 0, gradient));
        kernels.Compress(cohort, weights);
        Assert.Throws<ArgumentException>(() => kernels.HiddenBackward(weights, other, images, 0, gradient));
        Assert.Throws<ArgumentException>(() => kernels.HiddenBackward(two, cohort, images, 0, gradient));
        Assert.Throws<ArgumentException>(() => kernels.HiddenBackward(weights, cohort, plain, 0, gradient));
        Assert.Throws<ArgumentOutOfRangeException>(() => kernels.HiddenBackward(weights, cohort, images, images.Chunks, gradient));
        Assert.Throws<ArgumentException>(() => kernels.Saliency(two, images, SaliencyMethod.LogitGradient));
        foreach (SaliencyMethod method in SaliencyMethod.All.Except(s_gradients))
            Assert.Throws<ArgumentException>(() => kernels.Saliency(weights, images, method));
        var astray = Assert.Throws<ArgumentException>(() => new DeviceImages(
            _device, Pixels(), Labels(), Inputs, ChunkSchedule.Consecutive(Images, 100), KernelForm.WeightSparse, withBackward: true));
        Assert.Contains("a batch begins at image 100", astray.Message);
        kernels.HiddenBackward(weights, cohort, images, 0, gradient);
    }

    [Fact]
    public void A_gradient_can_be_used_for_one_cohort_after_the_other()
    {
        ModelParameters[] models = Pruned(Models());
        using var gradient = new SparseGradient(_device);
        float[][] few = Gradient(_device,
            SimdSupport.Best, [models[1]], gradient), all = Gradient(_device, SimdSupport.Best, models, gradient);
        Check.SameBits("the small cohort again", few[0], Gradient(_device, SimdSupport.Best, [models[1]], gradient)[0]);
        Check.SameBits("the same model among others", few[0], all[1]);
    }

    /// <summary>A GPU's gradient has the bits of the CPU's.</summary>
    internal static void CompareWithCpu(ComputeDevice device)
    {
        using var cpu = new CpuDevice(threads: 2);
        float[][] expected = Run(cpu, SimdSupport.Best, Pruned(Models())).Gradients;
        float[][] actual = Run(device, SimdWidth.V128, Pruned(Models())).Gradients;
        for (int m = 0; m < expected.Length; m++)
            Check.SameBits($"dW1 of model {m}", expected[m], actual[m]);
    }

    private static Result Run(ComputeDevice device, SimdWidth width, ModelParameters[] models)
    {
        var kernels = DeviceKernels.Create(device, width);
        using DeviceCohort cohort = Upload(device, models);
        using SparseCohort weights = new(device, cohort.Layout, 1);
        using DeviceImages images = Tiled(device);
        using var gradient = new SparseGradient(device);
        kernels.Compress(cohort, weights);
        var maps = s_gradients.ToDictionary(method => method, method => kernels.Saliency(weights, images, method));
        return new Result(Gradient(device, width, models, gradient), maps);
    }

    // Of the last batch.
    private static float[][] Gradient(ComputeDevice device, SimdWidth width, ModelParameters[] models, SparseGradient gradient)
    {
        var kernels = DeviceKernels.Create(device, width);
        using DeviceCohort cohort = Upload(device, models);
        using SparseCohort weights = new(device, cohort.Layout, 1);
        using DeviceImages images = Tiled(device);
        using var dense = new DeviceImages(
            device,
            Pixels(),
            Labels(),
            Inputs,
            ChunkSchedule.Consecutive(Images, Batch),
            KernelForm.Dense,
            withBackward: true);
        kernels.Compress(cohort, weights);
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            kernels.HiddenForward(cohort, dense, chunk);
            kernels.OutputLoss(cohort, dense, chunk);
            kernels.OutputBackward(cohort, dense, chunk);
            kernels.HiddenBackward(weights, cohort, images, chunk, gradient);
        }
        return gradient.Download(weights);
    }

    private static ModelParameters[] Models() => [.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))];

    private static ModelParameters[] Pruned(ModelParameters[] models) => [.. models.Select((model, m) => model with
    {
        W1 = [.. model.W1.Zip(Samples.Mask(Inputs, model.B1.Length, 1 - Level, seed: m).W1, (weight, isKept) => isKept ? weight : 0)],
    })];

    private static ColumnLayout Layout(ComputeDevice device, ModelParameters[] models) =>
        ColumnLayout.Create([.. models.Select(model => model.B1.Length)], Inputs, device.LayoutWays);

    private static DeviceCohort Upload(ComputeDevice device, ModelParameters[] models)
    {
        var cohort = new DeviceCohort(device, Layout(device, models), Samples.Rates(models.Length));
        cohort.Upload(models);
        return cohort;
    }

    private static DeviceImages Tiled(ComputeDevice device) => new(
        device, Pixels(), Labels(), Inputs, ChunkSchedule.Consecutive(Images, Batch), KernelForm.WeightSparse, withBackward: true);

    private static byte[] Pixels() => Samples.Pixels(Images, Inputs, seed: 31);

    private static byte[] Labels() => Samples.Labels(Images, seed: 32);

    private static void SameBits(string name, ReadOnlyMemory<float>[] expected, ReadOnlyMemory<float>[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int m = 0; m < expected.Length; m++)
            Check.SameBits($"{name}, model {m}: map", expected[m].Span, actual[m].Span, zeroSigns: false);
    }

    private static void SameBits(string name, Result expected, Result actual)
    {
        for (int m = 0; m < expected.Gradients.Length; m++)
            Check.SameBits($"{name}, model {m}: dW1", expected.Gradients[m], actual.Gradients[m]);
        foreach (SaliencyMethod method in expected.Maps.Keys)
            SameBits($"{name}, {method}", expected.Maps[method], actual.Maps[method]);
    }

    private sealed record Result(float[][] Gradients, IReadOnlyDictionary<SaliencyMethod, ReadOnlyMemory<float>[]> Maps)
    {
        public Result Of(int model) => new([Gradients[model]], Maps.ToDictionary(pair => pair.Key, pair => new[] { pair.Value[model] }));
    }
}
