using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// Parameters, losses, counts, logits, activity and saliency must agree in every bit whatever does not belong to the problem.
/// </summary>
public sealed class BitTests : IDisposable
{
    private const int Inputs = 67, Images = 300, Batch = 270;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9];

    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>The ways to train an epoch here.</summary>
    public static TheoryData<KernelForm> Forms => [KernelForm.Dense, KernelForm.InputSparse];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Every_form_and_width_trains_to_the_bits_of_the_dense_128_bit_kernels(KernelForm form, SimdWidth width) =>
        Outcome.SameBits(
            $"{form}, {width}",
            Run(_device, KernelForm.Dense, SimdWidth.V128, Models()),
            Run(_device, form, width, Models()),
            zeroSigns: form == KernelForm.Dense);

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void The_input_sparse_widths_agree_in_the_signs_of_zeros_too(KernelForm form, SimdWidth width) =>
        Outcome.SameBits($"{form}, {width}", Run(_device, form, SimdWidth.V128, Models()), Run(_device, form, width, Models()));

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Two_runs_have_the_same_bits(KernelForm form, SimdWidth width) =>
        Outcome.SameBits($"{form}, {width}", Run(_device, form, width, Models()), Run(_device, form, width, Models()));

    [Theory]
    [MemberData(nameof(Forms))]
    public void One_two_and_three_threads_have_the_same_bits(KernelForm form)
    {
        Outcome[] expected = Run(_device, form, SimdSupport.Best, Models());
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads);
            Outcome.SameBits($"{form}, {threads} threads", expected, Run(device, form, SimdSupport.Best, Models()));
        }
    }

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void A_model_alone_has_the_bits_it_has_in_a_cohort_of_11(KernelForm form, SimdWidth width)
    {
        Outcome[] together = Run(_device, form, width, Models());
        for (int m = 0; m < together.Length; m++)
            Outcome.SameBits($"{form}, {width}, model {m} alone", together[m], Run(_device, form, width, [Models()[m]])[0]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_model_alone_and_in_a_cohort_of_11_has_the_bits_it_has_among_500(KernelForm form)
    {
        const int Few = 11, Many = 500, Step = 45, NarrowInputs = 13;
        (ModelParameters, float)[] many = [.. Enumerable.Range(0, Many)
            .Select(m => (Samples.Model(NarrowInputs, 1 + (m * 7 % 37), m), 0.01f + (0.001f * (m % 50))))];
        Outcome[] Train(params (ModelParameters, float)[] models)
            => Outcome.Train(_device, SimdSupport.Best, form, NarrowInputs, 70, 32, models);
        Outcome[] among500 = Train(many), among11 = Train([.. Enumerable.Range(0, Few).Select(k => many[k * Step])]);
        for (int k = 0; k < Few; k++)
        {
            Outcome.SameBits($"{form}, model {k * Step} among 11", among500[k * Step], among11[k]);
            Outcome.SameBits($"{form}, model {k * Step} alone", among500[k * Step], Train(many[k * Step])[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void The_order_of_the_models_changes_no_bit(KernelForm form)
    {
        (ModelParameters, float)[] models = Models();
        Outcome[] expected = Run(_device, form, SimdSupport.Best, models);
        int[] order = [.. Enumerable.Range(0, models.Length)];
        new System.Random(5).Shuffle(order);
        Outcome[] shuffled = Run(_device, form, SimdSupport.Best, [.. order.Select(m => models[m])]);
        for (int place = 0; place < order.Length; place++)
            Outcome.SameBits($"{form}, model {order[place]} at place {place}", expected[order[place]], shuffled[place]);
    }

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void A_model_that_diverges_leaves_the_bits_of_its_neighbours_alone(KernelForm form, SimdWidth width)
    {
        // One thread, hence blocks of several models; every second one is wild, then the others: each has had a wild neighbour.
        using var device = new CpuDevice(threads: 1);
        (ModelParameters Model, float)[] models = Models();
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, device.Threads);
        Outcome[] calm = Run(device, form, width, models);
        foreach (int parity in new[] { 0, 1 })
        {
            (ModelParameters Model, float)[] wild = Models();
            int[] diverging = [.. layout.Slots.Where((_, slot) => slot % 2 == parity).Select(slot => slot.Model)];
            foreach (int m in diverging)
                wild[m] = (wild[m].Model, 1e30f);
            Outcome[] mixed = Run(device, form, width, wild);
            int[] tame = [.. Enumerable.Range(0, models.Length).Except(diverging)];
            Outcome[] without = Run(device, form, width, [.. tame.Select(m => models[m])]);
            for (int k = 0; k < tame.Length; k++)
            {
                Outcome.SameBits($"{form}, {width}, model {tame[k]} beside NaN", calm[tame[k]], mixed[tame[k]]);
                Outcome.SameBits($"{form}, {width}, model {tame[k]} without the others", calm[tame[k]], without[k]);
            }

            // Divergence can end in dead units and finite nonsense; the test is empty unless some models have gone all the way.
            Assert.True(diverging.Count(m => double.IsNaN(mixed[m].Epochs[^1].Loss)) >= 2, "no model has left the range");
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_cohort_that_has_diverged_can_be_used_again(KernelForm form)
    {
        var kernels = DeviceKernels.Create(_device);
        ModelParameters[] models = [.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))];
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, _device.Threads);
        using var images = new DeviceImages(
            _device, Samples.Pixels(Images, Inputs, seed: 31), Samples.Labels(Images, seed: 32), Inputs,
            ChunkSchedule.Consecutive(Images, Batch), form, withBackward: true);
        using var used = new DeviceCohort(_device, layout, [.. s_hidden.Select(_ => 1e30f)]);
        used.Upload(models);
        for (int epoch = 0; epoch < 4; epoch++)
            kernels.TrainEpoch(used, images);
        Assert.Contains(used.DownloadTotals(), totals => double.IsNaN(totals.Loss));
        used.SetRates(Samples.Rates(s_hidden.Length));
        using var fresh = new DeviceCohort(_device, layout, Samples.Rates(s_hidden.Length));
        foreach (DeviceCohort cohort in new[] { used, fresh })
        {
            cohort.Upload(models);
            kernels.TrainEpoch(cohort, images);
        }
        for (int m = 0; m < models.Length; m++)
            Check.SameBits($"{form}, W1 of model {m}", fresh.Download()[m].W1, used.Download()[m].W1);
        Assert.Equal(fresh.DownloadTotals(), used.DownloadTotals());
    }

    [Fact]
    public void Hidden_activations_do_not_depend_on_the_batches()
    {
        var kernels = DeviceKernels.Create(_device);
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, _device.Threads);
        using var cohort = new DeviceCohort(_device, layout, Samples.Rates(s_hidden.Length));
        cohort.Upload([.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))]);
        float[] Activations(int batch, int model)
        {
            using var images = new DeviceImages(
                _device, Samples.Pixels(Images, Inputs, seed: 31), Samples.Labels(Images, seed: 32), Inputs,
                ChunkSchedule.Consecutive(Images, batch), KernelForm.InputSparse, withBackward: false);
            return kernels.HiddenActivations(cohort, images, model);
        }
        Check.SameBits("batches of 32", Activations(Images, 3), Activations(32, 3));
        Check.SameBits("batches of 270", Activations(Images, 7), Activations(270, 7));
    }

    private static (ModelParameters, float)[] Models() =>
        [.. s_hidden.Select((hidden, m) => (Samples.Model(Inputs, hidden, seed: m), 0.02f + (0.01f * m)))];

    /// <summary>The one number of the same bytes, at every width; on GPUs <see cref="GpuTests"/> asks for it.</summary>
    [Fact]
    public void Weights_have_the_hash_that_every_device_has()
    {
        foreach (SimdWidth width in SimdSupport.Available)
            Assert.Equal(TrainedHash.Expected, TrainedHash.Of(DeviceKernels.Create(_device, width)));
    }

    private static Outcome[] Run(ComputeDevice device, KernelForm form, SimdWidth width, (ModelParameters, float)[] models) =>
        Outcome.Train(device, width, form, Inputs, Images, Batch, models);
}
