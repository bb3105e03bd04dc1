using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Every GPU has the bits of <see cref="ExactMlp"/>, whatever it splits, skips or computes beside it.</summary>
public abstract class ExactGpuTests(AcceleratorType kind)
{
    private const int Epochs = 2;

    /// <summary>Forms of training, with and without a mask.</summary>
    public static TheoryData<KernelForm, bool> Trainings =>
    [
        (KernelForm.Dense, false), (KernelForm.Dense, true), (KernelForm.InputSparse, false), (KernelForm.InputSparse, true),
    ];

    public static TheoryData<KernelForm> Forms => [KernelForm.Dense, KernelForm.InputSparse];

    [DeviceTheory]
    [MemberData(nameof(Trainings))]
    public void Weights_and_totals_of_every_epoch_are_those_of_the_exact_reference(KernelForm form, bool isMasked) => Use(device =>
    {
        foreach (Shape shape in Shape.All.Concat(Shape.OfClasses).Select(shape => shape with { IsMasked = isMasked }))
        {
            ExactTraining[] expected = ExactExpectations.Trained(shape);
            using var cohort = Upload(device, shape);
            using var images = ImagesOf(device, shape, form);
            Compare($"{shape}", expected, cohort, () => DeviceKernels.Create(device).TrainEpoch(cohort, images));
        }
    });

    [DeviceTheory]
    [MemberData(nameof(Forms))]
    public void Dropped_units_and_class_weights_are_those_of_the_exact_reference(KernelForm form) => Use(device =>
    {
        foreach (Shape shape in Shape.Learning)
        {
            ExactTraining[] expected = ExactExpectations.Trained(shape);
            using var cohort = Upload(device, shape);
            cohort.SetLearning(shape.Learnings, shape.Origin);
            using DeviceImages images = new(
                device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: true, shape.Numbers);
            int epoch = 0;
            Compare($"{shape}", expected, cohort, () => DeviceKernels.Create(device).TrainEpoch(cohort, images, epoch++));
        }
    });

    [DeviceTheory]
    [MemberData(nameof(Forms))]
    public void Z_logits_and_active_units_are_those_of_the_exact_reference(KernelForm form) => Use(device =>
    {
        foreach (Shape shape in Shape.All.Concat(Shape.OfClasses).Where(shape => shape.WeightDecay == 0))
        {
            ExactStep[][] expected = ExactExpectations.FirstStep(shape);
            using var cohort = Upload(device, shape);
            using var images = ImagesOf(device, shape, form);
            ModelEvaluation[] actual = DeviceKernels.Create(device).Evaluate(cohort, images);
            for (int m = 0; m < actual.Length; m++)
            {
                string name = $"{shape}, model {m}";
                Check.SameBits($"{name}: logits", [.. expected[m].SelectMany(step => step.Logits)], actual[m].Logits.Span);
                Assert.Equal(Enumerable.Range(0, shape.Hidden[m]).Select(h => expected[m].Max(step => step.Active[h])), actual[m].Active);
                float[] activations = DeviceKernels.Create(device).HiddenActivations(cohort, images, m);
                Check.SameBits($"{name}: relu(Z)", [.. expected[m].SelectMany(step => step.Z).Select(z => Math.Max(z, 0f))], activations);
            }
        }
    });

    [DeviceTheory]
    [InlineData(0.0)]
    [InlineData(0.7)]
    [InlineData(1.0)]
    public void Compressed_weights_have_the_logits_of_the_pruned_model_in_the_dense_form(double sparsity) => Use(device =>
    {
        foreach (Shape shape in Shape.All.Concat(Shape.OfClasses).Where(shape => shape.WeightDecay == 0))
        {
            ModelParameters[] models = Pruned(shape, sparsity);
            using var cohort = Upload(device, shape, models);
            using var sparse = new SparseCohort(device, cohort.Layout, 1);
            using DeviceImages dense = ImagesOf(device, shape, KernelForm.Dense), tiles = new(
                device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.WeightSparse, withBackward: false);
            DeviceKernels.Create(device).Compress(cohort, sparse);
            ModelEvaluation[] expected = DeviceKernels.Create(device).Evaluate(cohort, dense), actual = DeviceKernels.Create(device)
                .Evaluate(sparse, tiles)[0];
            for (int m = 0; m < actual.Length; m++)
            {
                Check.SameBits($"{shape}, model {m}: logits", expected[m].Logits.Span, actual[m].Logits.Span);
                Check.SameBits(
                    $"{shape}, model {m}: exact logits",
                    new ExactMlp(models[m]).Forward(shape.Pixels).Logits,
                    actual[m].Logits.Span);
                Assert.Equal(expected[m].Active, actual[m].Active);
            }
        }
    });

    /// <summary>Runs of one chunk and of all, one part and many, small tiles and large ones.</summary>
    [DeviceTheory]
    [MemberData(nameof(Forms))]
    public void Runs_and_parts_of_a_batch_change_no_bit(KernelForm form) => Use(device =>
    {
        foreach (var shape in new Shape[] { new([5, 33], 67, 2100, 2000, 0.01f), new([16, 3], 31, 90, 32) })
        {
            ExactTraining[] expected = ExactExpectations.Trained(shape);
            foreach (int most in new[] { 1, 2, 3, int.MaxValue })
            {
                (device.Tuning.MostSegments, device.Tuning.SplitsSmall) = (most, most != 2);
                try
                {
                    using var cohort = Upload(device, shape);
                    using var images = ImagesOf(device, shape, form);
                    Compare($"{shape}, {most} at once", expected, cohort, () => DeviceKernels.Create(device).TrainEpoch(cohort, images));
                }
                finally
                {
                    (device.Tuning.MostSegments, device.Tuning.SplitsSmall) = (int.MaxValue, true);
                }
            }
        }
    });

    [DeviceTheory]
    [MemberData(nameof(Forms))]
    public void A_model_out_of_range_stays_as_it_is_with_a_loss_of_NaN_and_its_neighbours_do_not_see_it(KernelForm form) => Use(device =>
    {
        var shape = new Shape([7, 8, 9, 3, 20, 6], 33, 65, 32, 0.1f);
        ModelParameters[] models = shape.Models;
        float[] rates = Samples.Rates(models.Length);
        models[0].W1[5] = float.NaN;
        models[1].B1[2] = float.NegativeInfinity;
        models[2] = models[2] with { B2 = [2e9f] };
        models[3].W2[1] = 1e30f;

        // Leaves the range in its first step.
        rates[4] = 1e30f;
        ExactTraining[] expected = [.. models.Select((model, m) =>
            ExactTraining.Of(model, rates[m], shape.Pixels, shape.Labels, shape.Schedule, Epochs, shape.WeightDecay))];
        using var cohort = Upload(device, shape, models);
        using var images = ImagesOf(device, shape, form);
        cohort.SetRates(rates);
        Compare($"{shape}", expected, cohort, () => DeviceKernels.Create(device).TrainEpoch(cohort, images));
        for (int m = 0; m < models.Length; m++)
            Assert.Equal(m < 5, double.IsNaN(expected[m].Epochs[^1].Loss));

        // An evaluation says so too, and leaves the totals of the epoch alone.
        ModelEvaluation[] evaluations = DeviceKernels.Create(device).Evaluate(cohort, images);
        for (int m = 0; m < models.Length; m++)
        {
            Check.SameBits(
                $"logits of model {m}",
                new ExactMlp(expected[m].Model).Forward(shape.Pixels).Logits,
                evaluations[m].Logits.Span);
            Assert.Equal(m < 5, evaluations[m].Logits.ToArray().All(float.IsNaN));
            Assert.Equal(m < 5, evaluations[m].Active.All(flag => flag == 0));
            ExactExpectations.SameTotals($"totals of model {m} after an evaluation", expected[m].Epochs[^1], cohort.DownloadTotals()[m]);
        }
    });

    [DeviceFact]
    public void Gradients_over_compressed_weights_are_those_of_the_exact_reference() => Use(device =>
    {
        var shape = new Shape([5, 1, 16, 33], 67, 450, 384);
        ModelParameters[] models = Pruned(shape, 0.8);
        using var cohort = Upload(device, shape, models);
        using var sparse = new SparseCohort(device, cohort.Layout, 1);
        using var gradient = new SparseGradient(device);
        using DeviceImages dense = ImagesOf(device, shape, KernelForm.Dense), tiles = new(
            device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.WeightSparse, withBackward: true);
        DeviceKernels.Create(device).Compress(cohort, sparse);
        for (int chunk = 0; chunk < dense.Chunks; chunk++)
        {
            DeviceKernels.Create(device).HiddenForward(cohort, dense, chunk);
            DeviceKernels.Create(device).OutputLoss(cohort, dense, chunk);
            DeviceKernels.Create(device).OutputBackward(cohort, dense, chunk);
            DeviceKernels.Create(device).HiddenBackward(sparse, cohort, tiles, chunk, gradient);
            if (!shape.Schedule.Chunks[chunk].IsLast)
                continue;
            Chunk batch = shape.Schedule.Chunks.Last(first => first.IsFirst && first.FirstRow <= shape.Schedule.Chunks[chunk].FirstRow);
            float[][] actual = gradient.Download(sparse);
            for (int m = 0; m < models.Length; m++)
            {
                var mask = new ModelMask([.. models[m].W1.Select(w => w != 0)], [.. models[m].W2.Select(_ => true)]);
                var expected = new ExactStep(
                    models[m], mask, shape.Pixels.AsSpan(batch.FirstRow * shape.Inputs, batch.BatchRows * shape.Inputs),
                    shape.Labels.AsSpan(batch.FirstRow, batch.BatchRows));
                Check.SameBits($"model {m}: dW1", expected.Gradient.W1, actual[m]);
            }
        }
    });

    [DeviceFact]
    public void Maps_of_models_with_a_logit_a_class_have_the_bits_of_the_CPUs() => Use(device =>
    {
        using var cpu = new CpuDevice(threads: 2);
        var shape = new Shape([3, 40], 150, 21, 21) { Outputs = 5 };
        foreach (SaliencyMethod method in SaliencyMethod.All)
        {
            foreach (int? wanted in new int?[] { null, 3 })
            {
                ReadOnlyMemory<float>[] expected = Maps(cpu, shape, method, wanted), actual = Maps(device, shape, method, wanted);
                for (int m = 0; m < expected.Length; m++)
                    Check.SameBits($"{method} of class {wanted}, model {m}", expected[m].Span, actual[m].Span);
            }
        }
    });

    private static ReadOnlyMemory<float>[] Maps(ComputeDevice device, Shape shape, SaliencyMethod method, int? wanted)
    {
        using DeviceCohort cohort = Upload(device, shape);
        using DeviceImages images = ImagesOf(device, shape, KernelForm.Dense);
        return DeviceKernels.Create(device).Saliency(cohort, images, method, wanted);
    }

    private static void Compare(string name, ExactTraining[] expected, DeviceCohort cohort, Action epoch)
    {
        for (int e = 0; e < Epochs; e++)
        {
            epoch();
            EpochTotals[] totals = cohort.DownloadTotals();
            for (int m = 0; m < totals.Length; m++)
                ExactExpectations.SameTotals($"{name}, model {m}, epoch {e}", expected[m].Epochs[e], totals[m]);
        }
        ModelParameters[] actual = cohort.Download();
        for (int m = 0; m < actual.Length; m++)
            ExactExpectations.SameParameters($"{name}, model {m}", expected[m].Model, actual[m]);
    }

    private static DeviceCohort Upload(ComputeDevice device, Shape shape, ModelParameters[]? models = null)
    {
        var cohort = new DeviceCohort(
            device, ColumnLayout.Create(shape.Hidden, shape.Inputs, device.LayoutWays, shape.Outputs), Samples.Rates(shape.Hidden.Length),
            shape.IsMasked)
        {
            WeightDecay = shape.WeightDecay,
        };
        cohort.Upload(models ?? shape.Models);
        if (shape.IsMasked)
            cohort.SetMask(shape.Masks);
        return cohort;
    }

    private static DeviceImages ImagesOf(ComputeDevice device, Shape shape, KernelForm form) =>
        new(device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: true);

    // Without a share of the weights: all of them with 1, whose columns have nothing but a bias.
    private static ModelParameters[] Pruned(Shape shape, double sparsity) => [.. shape.Models.Select((model, m) =>
        ExactMlp.Masked(model, Samples.Mask(shape.Inputs, model.Hidden, 1 - sparsity, seed: m, shape.Outputs)))];

    private void Use(Action<GpuDevice> test) => TestDevices.Use(kind, test);
}

[OnDevice(AcceleratorType.OpenCL)]
public sealed class OpenClExactTests() : ExactGpuTests(AcceleratorType.OpenCL);

[OnDevice(AcceleratorType.Cuda)]
public sealed class CudaExactTests() : ExactGpuTests(AcceleratorType.Cuda);
