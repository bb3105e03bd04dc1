using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>What lies under a mask stays exactly 0, and what does not is trained as if the rest were not there.</summary>
public sealed class MaskTests : IDisposable
{
    private const int Inputs = 67, Images = 300, Batch = 70, Epochs = 3;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9];

    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<string> Methods => [.. PruneMethod.All.Select(method => method.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Every_weight_under_the_mask_is_exactly_0_after_every_epoch_with_and_without_decay(KernelForm form, SimdWidth width)
    {
        foreach (float decay in new[] { 0f, 0.1f })
        {
            Train(_device, form, width, decay, Masks(), (epoch, models) =>
            {
                for (int m = 0; m < models.Length; m++)
                {
                    int zeros = CountZeros(models[m].W1, Masks()[m].W1) + CountZeros(models[m].W2, Masks()[m].W2);
                    int masked = Masks()[m].W1.Count(kept => !kept) + Masks()[m].W2.Count(kept => !kept);
                    Assert.True(zeros == masked, $"{form}, {width}, epoch {epoch}, model {m}: {zeros} zeros under a mask of {masked}");
                }
            });
        }
    }

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Every_form_and_width_trains_under_a_mask_to_the_bits_of_the_dense_128_bit_kernels(
        KernelForm form,
        SimdWidth width) => SameBits(
        $"{form}, {width}",
        Train(_device, KernelForm.Dense, SimdWidth.V128, 0, Masks()),
        Train(_device, form, width, 0, Masks()));

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void A_mask_that_keeps_everything_changes_no_bit(KernelForm form, SimdWidth width)
    {
        ModelMask[] everything = [.. s_hidden.Select(hidden => Samples.Mask(Inputs, hidden, kept: 2, seed: 1))];
        SameBits($"{form}, {width}", Train(_device, form, width, 0, null), Train(_device, form, width, 0, everything));
    }

    [Fact]
    public void Threads_and_neighbours_change_no_bit()
    {
        ModelParameters[] expected = Train(_device, KernelForm.InputSparse, SimdSupport.Best, 0, Masks());
        using var device = new CpuDevice(threads: 3);
        SameBits("3 threads", expected, Train(device, KernelForm.InputSparse, SimdSupport.Best, 0, Masks()));
        for (int m = 0; m < s_hidden.Length; m++)
            SameBits($"model {m} alone", [expected[m]], Train(_device, KernelForm.InputSparse, SimdSupport.Best, 0, Masks(), null, [m]));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Pruning_into_a_cohort_with_a_mask_sets_the_mask(string name)
    {
        PruneMethod method = PruneMethod.Find(name)!;
        var kernels = DeviceKernels.Create(_device);
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, _device.LayoutWays);
        using DeviceCohort source = Cohort(layout, withMask: false), target = Cohort(layout, withMask: true);
        using DeviceImages images = Upload(_device, KernelForm.InputSparse);
        using var ranks = new PruneRanks(_device, layout, new ModelOrigin(new ulong[s_hidden.Length], Seed: 1, InitStd: 0.1f));
        source.Upload(Models());
        kernels.PruneRank(source, ranks, method);
        kernels.Prune(source, ranks, 0.9, target);
        ModelParameters[] before = target.Download();
        kernels.TrainEpoch(target, images);
        ModelParameters[] after = target.Download();
        for (int m = 0; m < s_hidden.Length; m++)
        {
            Assert.All(before[m].W1.Zip(after[m].W1), pair => Assert.True(pair.First != 0 || pair.Second == 0));
            Assert.All(before[m].W2.Zip(after[m].W2), pair => Assert.True(pair.First != 0 || pair.Second == 0));
        }
        Assert.Contains(before.Zip(after), pair => !pair.First.W1.SequenceEqual(pair.Second.W1));
    }

    [Fact]
    public void What_lies_under_a_mask_becomes_0_whatever_it_was()
    {
        ModelParameters[] models = Models();
        ModelMask[] masks = Masks();
        for (int m = 0; m < models.Length; m++)
        {
            for (int i = 0; i < models[m].W1.Length; i++)
                models[m].W1[i] = masks[m].W1[i] ? models[m].W1[i] : i % 2 == 0 ? float.NaN : float.PositiveInfinity;
        }
        var kernels = DeviceKernels.Create(_device);
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, _device.LayoutWays);
        using DeviceCohort cohort = Cohort(layout, withMask: true);
        using DeviceImages images = Upload(_device, KernelForm.Dense);
        cohort.Upload(models);
        cohort.SetMask(masks);
        Assert.All(
            kernels.Evaluate(cohort, images),
            evaluation => Assert.All(evaluation.Logits.ToArray(), logit => Assert.True(float.IsFinite(logit))));
    }

    [Fact]
    public void A_mask_of_the_wrong_shape_is_refused_and_says_what_is_right()
    {
        ColumnLayout layout = ColumnLayout.Create([4, 2], Inputs, 2);
        using DeviceCohort cohort = Cohort(layout, withMask: true), without = Cohort(layout, withMask: false);
        ModelMask four = Samples.Mask(Inputs, 4, 0.5, 1), two = Samples.Mask(Inputs, 2, 0.5, 1);
        ArgumentException error = Assert.Throws<ArgumentException>(() => cohort.SetMask([two, four]));
        Assert.Contains($"must be {Inputs} x 4 and 1 x 4", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => cohort.SetMask([four]));
        Assert.Throws<InvalidOperationException>(() => without.SetMask([four, two]));
        cohort.SetMask([four, two]);
        Assert.True(cohort.HasMask && !without.HasMask);
        Assert.Throws<InvalidOperationException>(without.DownloadMask);
        ModelMask[] masks = cohort.DownloadMask();
        Assert.Equal([four.W1, two.W1], masks.Select(mask => mask.W1));
        Assert.Equal([four.W2, two.W2], masks.Select(mask => mask.W2));
    }

    private DeviceCohort Cohort(ColumnLayout layout, bool withMask)
        => new(_device, layout, Samples.Rates(layout.Slots.Count, 0.05f), withMask);

    private static ModelParameters[] Train(
        CpuDevice device, KernelForm form, SimdWidth width, float decay, ModelMask[]? masks,
        Action<int, ModelParameters[]>? afterEpoch = null, int[]? only = null)
    {
        only ??= [.. Enumerable.Range(0, s_hidden.Length)];
        var kernels = DeviceKernels.Create(device, width);
        ColumnLayout layout = ColumnLayout.Create([.. only.Select(m => s_hidden[m])], Inputs, device.LayoutWays);
        using var cohort = new DeviceCohort(device, layout, [.. only.Select(m => 0.05f + (0.01f * m))], masks is not null)
        {
            WeightDecay = decay
        };
        using DeviceImages images = Upload(device, form);
        cohort.Upload([.. only.Select(m => Models()[m])]);
        if (masks is not null)
            cohort.SetMask([.. only.Select(m => masks[m])]);
        for (int epoch = 1; epoch <= Epochs; epoch++)
        {
            kernels.TrainEpoch(cohort, images);
            afterEpoch?.Invoke(epoch, cohort.Download());
        }
        return cohort.Download();
    }

    private static DeviceImages Upload(CpuDevice device, KernelForm form) => new(
        device, Samples.Pixels(Images, Inputs, seed: 31), Samples.Labels(Images, seed: 32), Inputs,
        ChunkSchedule.Consecutive(Images, Batch), form, withBackward: true);

    private static ModelParameters[] Models() => [.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))];

    private static ModelMask[] Masks() => [.. s_hidden.Select((hidden, m) => Samples.Mask(Inputs, hidden, m == 0 ? 0 : 0.1, seed: m))];

    private static int CountZeros(float[] weights, bool[] kept) => weights.Zip(kept).Count(pair => !pair.Second && pair.First == 0);

    private static void SameBits(string name, ModelParameters[] expected, ModelParameters[] actual)
    {
        for (int m = 0; m < expected.Length; m++)
        {
            Check.SameBits($"{name}, model {m}: W1", expected[m].W1, actual[m].W1, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: b1", expected[m].B1, actual[m].B1, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: w2", expected[m].W2, actual[m].W2, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: b2", expected[m].B2, actual[m].B2, zeroSigns: false);
        }
    }
}
