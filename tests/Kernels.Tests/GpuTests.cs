using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// What must hold on every GPU: agreement with the double reference, the golden runs and the CPU kernels, nothing outside the
/// buffers, and bits that depend on the problem alone.
/// </summary>
public abstract class GpuTests(AcceleratorType kind)
{
    // Three chunks of images, the last of them short.
    private const int Inputs = 67, Images = 700, Batch = 600;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9];

    public static TheoryData<string> Operations => [.. KernelCatalog.Operations.Select(operation => operation.Name)];

    public static TheoryData<string> Golden => [.. GoldenCase.Names];

    public static TheoryData<string> Methods => [.. PruneMethod.All.Select(method => method.Name)];

    [DeviceTheory]
    [MemberData(nameof(Operations))]
    public void A_kernel_agrees_with_the_double_reference_within_the_rounding_of_its_sums(string operation) => Use(device =>
    {
        foreach (KernelVariant variant in Variants(KernelVariantTests.Named(operation)))
        {
            foreach (Shape shape in KernelCases.Shapes(variant.Operation))
                KernelCases.Run(device, variant, shape);
        }
    });

    [DeviceTheory]
    [MemberData(nameof(Operations))]
    public void A_kernel_neither_writes_nor_reads_outside_its_buffers(string operation) => Use(device =>
    {
        foreach (KernelVariant variant in Variants(KernelVariantTests.Named(operation)))
            GuardTests.Run(device, variant);
    });

    [DeviceTheory]
    [MemberData(nameof(Golden))]
    public void Training_evaluation_saliency_and_pruning_are_those_of_the_golden_run(string name) => Use(device =>
    {
        GoldenCase golden = GoldenCase.Load(name);
        foreach (KernelVariant variant in Variants(TrainEpochOperation.Instance))
        {
            var runs = new GoldenRuns(device, DeviceKernels.Create(device), variant.Form);
            runs.FirstGradientAndLosses(golden);
            runs.Training(golden);
            runs.Saliency(golden);
            runs.Pruning(golden);
        }
    });

    [DeviceFact]
    public void Weights_have_the_hash_that_every_device_has() =>
        Use(device => Assert.Equal(TrainedHash.Expected, TrainedHash.Of(DeviceKernels.Create(device))));

    [DeviceTheory]
    [InlineData(Batch)]
    [InlineData(32)]
    public void Two_runs_have_the_same_bits(int batch) =>
        Use(device => Outcome.SameBits("second run", Run(device, Models(), batch), Run(device, Models(), batch)));

    [DeviceTheory]
    [InlineData(Batch)]
    [InlineData(32)]
    public void A_model_alone_has_the_bits_it_has_in_a_cohort_of_11(int batch) => Use(device =>
    {
        Outcome[] together = Run(device, Models(), batch);
        for (int m = 0; m < together.Length; m++)
            Outcome.SameBits($"model {m} alone", together[m], Run(device, [Models()[m]], batch)[0]);
    });

    [DeviceTheory]
    [InlineData(Batch)]
    [InlineData(300)]
    [InlineData(32)]
    public void Every_form_trains_to_the_bits_of_the_dense_one(int batch) => Use(device =>
    {
        Outcome[] dense = Run(device, Models(), batch);
        foreach (KernelVariant variant in Variants(TrainEpochOperation.Instance))
            Outcome.SameBits($"{variant}", dense, Outcome.Train(device, SimdWidth.V128, variant.Form, Inputs, Images, batch, Models()));
    });

    [DeviceTheory]
    [InlineData(0f)]
    [InlineData(0.01f)]
    public void Small_batches_in_one_launch_have_the_bits_of_the_CPU(float weightDecay) => Use(device =>
    {
        // From one column to more than a group has threads; a last batch of one image; a model that leaves the range.
        (ModelParameters, float)[] models = [.. new[] { 1, 3, 40, 300, 7 }.Select(
            (hidden, m) => (Samples.Model(Inputs, hidden, m), m == 4 ? 1e30f : 0.3f))];
        using var cpu = new CpuDevice(threads: 1);
        foreach (int batch in new[] { 1, 32, 64 })
        {
            // Of a model that has left the range of float32 no map means anything.
            Outcome[] Train(ComputeDevice on, KernelForm form) =>
                [.. Outcome.Train(on, SimdWidth.V128, form, Inputs, images: 129, batch, models, epochs: 2, weightDecay)
                    .Select((outcome, m) => m == 4 ? outcome with { Maps = [] } : outcome)];
            Outcome[] expected = Train(cpu, KernelForm.InputSparse);
            foreach (KernelVariant variant in Variants(TrainEpochOperation.Instance))
                Outcome.SameBits($"batches of {batch}, {variant}", expected, Train(device, variant.Form));
        }
    });

    [DeviceFact]
    public void A_model_alone_has_the_bits_it_has_among_500() => Use(device =>
    {
        const int Many = 500, Step = 45, NarrowInputs = 13;
        (ModelParameters, float)[] many = [.. Enumerable.Range(0, Many)
            .Select(m => (Samples.Model(NarrowInputs, 1 + (m * 7 % 37), m), 0.01f + (0.001f * (m % 50))))];
        Outcome[] Train(params (ModelParameters, float)[] models)
            => Outcome.Train(device, SimdWidth.V128, KernelForm.Dense, NarrowInputs, 70, 32, models);
        Outcome[] among500 = Train(many);
        for (int m = 0; m < Many; m += Step)
            Outcome.SameBits($"model {m} alone", among500[m], Train(many[m])[0]);
    });

    [DeviceFact]
    public void The_order_of_the_models_changes_no_bit() => Use(device =>
    {
        (ModelParameters, float)[] models = Models();
        Outcome[] expected = Run(device, models, Batch);
        int[] order = [.. Enumerable.Range(0, models.Length)];
        new System.Random(5).Shuffle(order);
        Outcome[] shuffled = Run(device, [.. order.Select(m => models[m])], Batch);
        for (int place = 0; place < order.Length; place++)
            Outcome.SameBits($"model {order[place]} at place {place}", expected[order[place]], shuffled[place]);
    });

    [DeviceFact]
    public void How_many_images_go_at_once_and_in_how_many_parts_changes_no_bit() => Use(device =>
    {
        (ModelParameters, float)[] models = Models();
        Outcome[] Train(int atOnce)
        {
            device.Tuning.MostSegments = atOnce;
            try
            {
                return Outcome.Train(
                    device,
                    SimdWidth.V128,
                    KernelForm.Dense,
                    Inputs,
                    images: 2100,
                    batch: 2000,
                    models,
                    epochs: 2,
                    weightDecay: 0.01f);
            }
            finally
            {
                device.Tuning.MostSegments = int.MaxValue;
            }
        }
        Outcome[] all = Train(int.MaxValue);
        foreach (int atOnce in new[] { 1, 2, 3 })
            Outcome.SameBits($"{atOnce} chunks and parts", all, Train(atOnce));
    });

    [DeviceTheory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(100)]
    public void Whether_small_batches_are_cut_finer_changes_no_bit(int batch) => Use(device =>
    {
        Outcome[] fine = Run(device, Models(), batch);
        device.Tuning.SplitsSmall = false;
        try
        {
            Outcome.SameBits($"batches of {batch} in large tiles", fine, Run(device, Models(), batch));
        }
        finally
        {
            device.Tuning.SplitsSmall = true;
        }
    });

    [DeviceFact]
    public void A_model_that_diverges_leaves_the_bits_of_its_neighbours_alone() => Use(device =>
    {
        (ModelParameters Model, float)[] wild = Models();
        for (int m = 0; m < wild.Length; m += 2)
            wild[m] = (wild[m].Model, 1e30f);
        Outcome[] calm = Run(device, Models(), Batch), mixed = Run(device, wild, Batch);
        for (int m = 1; m < wild.Length; m += 2)
            Outcome.SameBits($"model {m} beside one that diverges", calm[m], mixed[m]);
        Assert.True(
            mixed.Where((_, m) => m % 2 == 0).Count(outcome => double.IsNaN(outcome.Epochs[^1].Loss)) >= 2,
            "no model has diverged");

        // What diverged lies in the workspace still.
        Outcome.SameBits("after it", calm, Run(device, Models(), Batch));
    });

    [DeviceFact]
    public void Initial_weights_and_logits_have_the_bits_of_the_CPU_kernels() => Use(device =>
    {
        using var cpu = new CpuDevice(threads: 2);
        float[][] Logits(ComputeDevice on)
        {
            DeviceKernels kernels = DeviceKernels.Create(on);
            using var cohort = new DeviceCohort(on, ColumnLayout.Create(s_hidden, Inputs, on.LayoutWays), Samples.Rates(s_hidden.Length));
            kernels.Initialize(cohort, new ModelOrigin([.. s_hidden.Select((_, m) => (ulong)m)], Seed: 3, InitStd: 0.1f));
            using var images = new DeviceImages(
                on, Samples.Pixels(Images, Inputs, 1), Samples.Labels(Images, 2), Inputs,
                ChunkSchedule.Consecutive(Images, Images), KernelForm.Dense, withBackward: false);
            return [.. cohort.Download().Select(model => model.W1), .. kernels.Evaluate(cohort, images)
                .Select(evaluation => evaluation.Logits.ToArray())];
        }
        foreach ((float[] expected, float[] actual) in Logits(cpu).Zip(Logits(device)))
            Check.SameBits("weights and logits", expected, actual);
    });

    [DeviceFact]
    public void Gradients_over_compressed_weights_have_the_bits_of_the_CPU_kernels() => Use(SparseGradientTests.CompareWithCpu);

    [DeviceTheory]
    [MemberData(nameof(Methods))]
    public void Ties_of_magnitude_go_together_and_a_neighbour_of_NaN_changes_no_bit(string name) => Use(device =>
    {
        PruneMethod method = PruneMethod.Find(name)!;
        // Five magnitudes and both signs of zero: nearly every threshold is a tie.
        ModelParameters[] models = [.. s_hidden.Select((hidden, m) => Quantized(Samples.Model(Inputs, hidden, m)))];
        ModelParameters[][] pruned = Prune(device, models, method);
        PruneCase.CompareWithReference(method, models, pruned);
        ModelParameters[] beside = [.. models.Select((model, m) => m % 2 == 0 ? model : new ModelParameters(
            [.. model.W1.Select(_ => float.NaN)], model.B1, [.. model.W2.Select(_ => float.PositiveInfinity)], model.B2))];
        ModelParameters[][] mixed = Prune(device, beside, method);
        for (int level = 0; level < pruned.Length; level++)
        {
            for (int m = 0; m < models.Length; m += 2)
                Check.SameBits($"{method}, level {level}, model {m}", pruned[level][m].W1, mixed[level][m].W1);
        }
    });

    private static ModelParameters[][] Prune(GpuDevice device, ModelParameters[] models, PruneMethod method)
    {
        using var cohort = new DeviceCohort(device, ColumnLayout.Create(s_hidden, Inputs, device.LayoutWays), Samples.Rates(models.Length));
        cohort.Upload(models);
        return PruneCase.PruneLevels(
            DeviceKernels.Create(device), device, cohort, method, PruneCase.Seed, [.. models.Select((_, m) => PruneCase.Identity(m))]);
    }

    private static ModelParameters Quantized(ModelParameters model)
    {
        float[] Round(float[] values) => Array.ConvertAll(values, value => MathF.Round(value * 4) / 4);
        return model with { W1 = Round(model.W1), W2 = Round(model.W2) };
    }

    private static (ModelParameters, float)[] Models() =>
        [.. s_hidden.Select((hidden, m) => (Samples.Model(Inputs, hidden, seed: m), 0.02f + (0.01f * m)))];

    private static Outcome[] Run(GpuDevice device, (ModelParameters, float)[] models, int batch) =>
        Outcome.Train(device, SimdWidth.V128, KernelForm.Dense, Inputs, Images, batch, models);

    private KernelVariant[] Variants(Operation operation)
    {
        KernelVariant[] variants = [.. KernelCatalog.Variants
            .Where(variant => variant.Operation == operation && variant.Accelerator == kind)];
        Assert.NotEmpty(variants);
        return variants;
    }

    private void Use(Action<GpuDevice> test) => TestDevices.Use(kind, test);
}

[OnDevice(AcceleratorType.OpenCL)]
public sealed class OpenClTests() : GpuTests(AcceleratorType.OpenCL);

[OnDevice(AcceleratorType.Cuda)]
public sealed class CudaTests() : GpuTests(AcceleratorType.Cuda);
