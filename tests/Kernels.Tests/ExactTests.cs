using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>CPU kernels have the bits of the arithmetic in plain loops.</summary>
public sealed class ExactTests : IDisposable
{
    private const int Epochs = 3;

    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<KernelForm, SimdWidth, bool> Variants
    {
        get
        {
            var data = new TheoryData<KernelForm, SimdWidth, bool>();
            foreach (KernelVariant variant in KernelCatalog.Of(TrainEpochOperation.Instance))
            {
                data.Add(variant.Form, variant.Width, false);
                data.Add(variant.Form, variant.Width, true);
            }
            return data;
        }
    }

    public static TheoryData<SimdWidth> Widths => [.. SimdSupport.Available];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Variants))]
    public void Training_has_the_bits_of_the_reference(KernelForm form, SimdWidth width, bool isMasked)
    {
        var kernels = DeviceKernels.Create(_device, width);
        foreach (Shape plain in Shape.All.Concat(Shape.OfClasses))
        {
            Shape shape = plain with { IsMasked = isMasked };
            using var cohort = Cohort(shape);
            using var images = new DeviceImages(
                _device,
                shape.Pixels,
                shape.Labels,
                shape.Inputs,
                shape.Schedule,
                form,
                withBackward: true);
            float[] rates = Samples.Rates(shape.Hidden.Length);
            ModelParameters[] expected = shape.Models;
            for (int epoch = 0; epoch < Epochs; epoch++)
            {
                kernels.TrainEpoch(cohort, images);
                EpochTotals[] totals = cohort.DownloadTotals();
                for (int m = 0; m < expected.Length; m++)
                {
                    (expected[m], EpochTotals own) = ExactMlp.TrainEpoch(
                        expected[m], rates[m], shape.Pixels, shape.Labels, shape.Schedule, shape.WeightDecay, shape.MaskOf(m));
                    Assert.True(own == totals[m], $"{shape}, epoch {epoch}, model {m}: {own}, not {totals[m]}");
                }
                ModelParameters[] actual = cohort.Download();
                for (int m = 0; m < expected.Length; m++)
                    Same($"{shape}, epoch {epoch}, model {m}", expected[m], actual[m]);
            }
        }
    }

    /// <remarks>
    /// Chunks of a batch add up in 32 bits as long as these have room: here all pixels are 255 and all errors 1, in one sign, so the
    /// sums are as large as they can be.
    /// </remarks>
    [Theory]
    [MemberData(nameof(Widths))]
    public void A_batch_of_many_chunks_with_the_largest_sums_has_the_bits_of_the_reference(SimdWidth width)
    {
        const int Inputs = 3, Hidden = 18;
        int chunk = ChunkSchedule.ChunkRows, most = HiddenBackwardBody.PartChunks * chunk;
        foreach (int count in new[] { most - 1, most, most + 1, most + chunk + 1, (2 * most) + chunk + 7 })
        {
            var model = new ModelParameters(
                [.. Enumerable.Repeat(1f, Inputs * Hidden)], new float[Hidden], [.. Enumerable.Repeat(1f, Hidden)], [0f]);
            byte[] pixels = [.. Enumerable.Repeat((byte)255, count * Inputs)], labels = new byte[count];
            ChunkSchedule schedule = ChunkSchedule.Consecutive(count, count);
            using var cohort = new DeviceCohort(_device, ColumnLayout.Create([Hidden], Inputs, _device.LayoutWays), [0.5f]);
            cohort.Upload([model]);
            using var images = new DeviceImages(_device, pixels, labels, Inputs, schedule, KernelForm.InputSparse, withBackward: true);
            DeviceKernels.Create(_device, width).TrainEpoch(cohort, images);
            (ModelParameters expected, EpochTotals totals) = ExactMlp.TrainEpoch(model, 0.5f, pixels, labels, schedule);
            Assert.Equal(totals, cohort.DownloadTotals()[0]);
            Same($"{count} images", expected, cohort.Download()[0]);
            Assert.NotEqual(model.W1[0], expected.W1[0]);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Logits_and_activity_have_the_bits_of_the_reference(KernelForm form, SimdWidth width, bool isMasked)
    {
        var kernels = DeviceKernels.Create(_device, width);
        foreach (Shape plain in Shape.All.Concat(Shape.OfClasses))
        {
            Shape shape = plain with { IsMasked = isMasked };
            using var cohort = Cohort(shape);
            using var images = new DeviceImages(
                _device,
                shape.Pixels,
                shape.Labels,
                shape.Inputs,
                shape.Schedule,
                form,
                withBackward: false);
            ModelEvaluation[] actual = kernels.Evaluate(cohort, images);
            for (int m = 0; m < actual.Length; m++)
            {
                var exact = new ExactMlp(ExactMlp.Masked(shape.Models[m], shape.MaskOf(m)));
                (long[] v, _, float[] logits) = exact.Forward(shape.Pixels);
                Check.SameBits($"{shape}, model {m}: logits", logits, actual[m].Logits.Span);
                int hidden = shape.Hidden[m];
                Check.SameItems(
                    Enumerable.Range(0, hidden).Select(h => Enumerable.Range(0, shape.Images).Any(n => v[(n * hidden) + h] > 0) ? 1 : 0),
                    actual[m].Active);
            }
        }
    }

    private DeviceCohort Cohort(Shape shape)
    {
        var cohort = new DeviceCohort(
            _device, ColumnLayout.Create(shape.Hidden, shape.Inputs, _device.LayoutWays, shape.Outputs), Samples.Rates(shape.Hidden.Length),
            shape.IsMasked)
        {
            WeightDecay = shape.WeightDecay,
        };
        cohort.Upload(shape.Models);
        if (shape.IsMasked)
            cohort.SetMask(shape.Masks);
        return cohort;
    }

    private static void Same(string name, ModelParameters expected, ModelParameters actual)
    {
        Check.SameBits($"{name}: W1", expected.W1, actual.W1);
        Check.SameBits($"{name}: b1", expected.B1, actual.B1);
        Check.SameBits($"{name}: w2", expected.W2, actual.W2);
        Check.SameBits($"{name}: b2", expected.B2, actual.B2);
    }
}
