using System.Text.Json;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Models with a logit a class: beside double, beside a golden run, and among others. Their bits are in ExactTests.</summary>
public sealed class ClassTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Training_is_that_of_the_golden_run_in_float64(KernelForm form, SimdWidth width)
    {
        var golden = new Golden();
        var kernels = DeviceKernels.Create(_device, width);
        using DeviceCohort cohort = Cohort([golden.Initial], golden.Inputs, [golden.Rate]);
        using DeviceImages images = Images(golden, form);
        for (int epoch = 0; epoch < golden.Losses.Length; epoch++)
        {
            kernels.TrainEpoch(cohort, images);
            Check.Near($"loss of epoch {epoch}", golden.Losses[epoch], cohort.DownloadTotals()[0].Loss, 1e-5 * golden.Losses[0]);
        }
        ModelParameters trained = cohort.Download()[0];
        Near("W1", golden.Trained.W1, trained.W1);
        Near("b1", golden.Trained.B1, trained.B1);
        Near("w2", golden.Trained.W2, trained.W2);
        Near("b2", golden.Trained.B2, trained.B2);
        ReadOnlyMemory<float> logits = kernels.Evaluate(cohort, images)[0].Logits;
        Near("logits", golden.Logits, logits.ToArray());
        Assert.Equal(golden.Correct, Correct(Check.Widen(logits.Span), golden.Labels));
    }

    [Fact]
    public void The_double_reference_repeats_the_golden_run()
    {
        var golden = new Golden();
        var model = ReferenceParameters.From(golden.Initial);
        double[] x = ReferenceMlp.Scale(golden.Pixels), y = Check.Widen(golden.Labels);
        var schedule = ChunkSchedule.Consecutive(golden.Labels.Length, golden.Batch);
        int first = golden.Batch * golden.Inputs;
        ReferenceParameters gradient = ReferenceMlp.Gradient(
            model, x.AsSpan(0, first), y.AsSpan(0, golden.Batch), ReferenceMlp.Forward(model, x.AsSpan(0, first)));
        Check.NearLargest("first dW1", golden.FirstGradient.W1, gradient.W1, 1e-12);
        Check.NearLargest("first db1", golden.FirstGradient.B1, gradient.B1, 1e-12);
        Check.NearLargest("first dw2", golden.FirstGradient.W2, gradient.W2, 1e-12);
        Check.NearLargest("first db2", golden.FirstGradient.B2, gradient.B2, 1e-12);
        foreach (double loss in golden.Losses)
        {
            (model, ReferenceTotals totals) = ReferenceMlp.TrainEpoch(model, golden.Rate, x, y, schedule);
            Check.Near("loss", loss, totals.Loss, 1e-10);
        }
        Check.NearLargest("W1", golden.Trained.W1, model.W1, 1e-10);
        Check.NearLargest("w2", golden.Trained.W2, model.W2, 1e-10);
        Check.NearLargest("logits", golden.Logits, ReferenceMlp.Forward(model, x).Logits, 1e-10);
    }

    [Fact]
    public void Gradients_are_within_float32s_error_of_the_double_reference()
    {
        foreach (Shape shape in Shape.OfClasses)
        {
            for (int m = 0; m < shape.Hidden.Length; m++)
            {
                var exact = new ExactStep(shape.Models[m], mask: null, shape.Pixels, shape.Labels);
                var model = ReferenceParameters.From(shape.Models[m]);
                double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
                ReferenceForward forward = ReferenceMlp.Forward(model, x);
                ReferenceParameters expected = ReferenceMlp.Gradient(model, x, y, forward);
                Check.NearLargest($"{shape}, model {m}: logits", forward.Logits, Check.Widen(exact.Logits), 2e-6);
                Check.NearLargest($"{shape}, model {m}: dW1", expected.W1, Check.Widen(exact.Gradient.W1), 1e-5);
                Check.NearLargest($"{shape}, model {m}: db1", expected.B1, Check.Widen(exact.Gradient.B1), 1e-5);
                Check.NearLargest($"{shape}, model {m}: dw2", expected.W2, Check.Widen(exact.Gradient.W2), 1e-5);
                Check.NearLargest($"{shape}, model {m}: db2", expected.B2, Check.Widen(exact.Gradient.B2), 1e-5);
                ReferenceTotals totals = ReferenceMlp.Totals(forward.Logits, y, shape.Outputs);
                double loss = exact.Totals.ToEpoch(shape.Images, failed: false).Loss;
                Check.Near($"{shape}, model {m}: loss", totals.Loss, loss, 1e-5 * totals.Loss);
            }
        }
    }

    [Fact]
    public void Ten_digits_are_learned()
    {
        const int Train = 4000, Validation = 1000, Inputs = 784, Hidden = 32, Epochs = 6;
        (byte[] pixels, byte[] labels) = GoldenCase.ReadDigits(Train + Validation);
        var layout = ColumnLayout.Create([Hidden], Inputs, _device.LayoutWays, outputs: 10);
        using var cohort = new DeviceCohort(_device, layout, [0.1f]);
        using var train = new DeviceImages(
            _device, pixels.AsMemory(0, Train * Inputs), labels.AsSpan(0, Train), Inputs, ChunkSchedule.Consecutive(Train, 32),
            KernelForm.InputSparse, withBackward: true);
        using var validation = new DeviceImages(
            _device, pixels.AsMemory(Train * Inputs), labels.AsSpan(Train), Inputs, ChunkSchedule.Consecutive(Validation, Validation),
            KernelForm.InputSparse, withBackward: false);
        var kernels = DeviceKernels.Create(_device);
        kernels.Initialize(cohort, new ModelOrigin([1], 0, 0.05f));
        for (int epoch = 0; epoch < Epochs; epoch++)
            kernels.TrainEpoch(cohort, train);
        EpochTotals totals = cohort.DownloadTotals()[0];
        double accuracy = Correct(Check.Widen(kernels.Evaluate(cohort, validation)[0].Logits.Span), labels[Train..]) / (double)Validation;
        Assert.True(accuracy > 0.88, $"{accuracy} of the validation images, loss {totals.Loss / Train}");
        Assert.True(totals.TruePositives > 0.93 * Train, $"{totals.TruePositives} of the training images");
    }

    [Fact]
    public void Each_image_is_counted_for_the_class_that_it_is_and_the_one_that_is_said()
    {
        // Biases alone decide: class 2 is said to all, of equal ones the first.
        byte[] labels = [0, 2, 3, 2, 1, 0];
        var model = new ModelParameters(new float[3], [0], [0, 0, 0, 0], [0.5f, -1, 0.75f, 0.75f]);
        using DeviceCohort cohort = Cohort([model], inputs: 3, [0.1f]);
        using var images = new DeviceImages(
            _device, new byte[18], labels, 3, ChunkSchedule.Consecutive(6, 6), KernelForm.Dense, withBackward: true);
        DeviceKernels.Create(_device).TrainEpoch(cohort, images);
        EpochTotals totals = cohort.DownloadTotals()[0];
        Assert.Equal(
            [new ClassCounts(0, 0, 2), new ClassCounts(0, 0, 1), new ClassCounts(2, 4, 0), new ClassCounts(0, 0, 1)], totals.Classes);
        double[] x = [0.5, -1, 0.75, 0.75];
        Check.Near("loss", labels.Sum(label => ReferenceMlp.ClassLoss(x, label)), totals.Loss, 1e-5);
    }

    [Theory]
    [InlineData(float.NaN, 0f)]
    [InlineData(1e30f, 0f)]
    [InlineData(0.5f, float.PositiveInfinity)]
    public void A_model_that_leaves_the_range_fails_alone_and_keeps_its_parameters(float w2, float b2)
    {
        var shape = new Shape([4, 5], 9, 20, 8) { Outputs = 3 };
        ModelParameters[] models = shape.Models;
        ModelParameters bad = models[0] with { W2 = [.. models[0].W2], B2 = [0, b2, 0] };
        bad.W2[7] = w2;
        using DeviceCohort alone = Cohort([models[1]], 9, [0.1f]), both = Cohort([bad, models[1]], 9, [0.1f, 0.1f]);
        using var images = new DeviceImages(
            _device, shape.Pixels, shape.Labels, 9, shape.Schedule, KernelForm.Dense, withBackward: true);
        var kernels = DeviceKernels.Create(_device);
        kernels.TrainEpoch(alone, images);
        kernels.TrainEpoch(both, images);
        ModelParameters[] after = both.Download();
        Check.SameBits("W1 of the failed model", bad.W1, after[0].W1);
        Check.SameBits("w2 of the failed model", bad.W2, after[0].W2);
        Check.SameBits("b2 of the failed model", bad.B2, after[0].B2);
        Assert.Equal(double.NaN, both.DownloadTotals()[0].Loss);
        Assert.Equal(shape.Labels.Count(label => label == 0), both.DownloadTotals()[0].Classes[0].TruePositives);
        Check.SameBits("W1 of its neighbour", alone.Download()[0].W1, after[1].W1);
        Check.SameBits("w2 of its neighbour", alone.Download()[0].W2, after[1].W2);
        Assert.Equal(alone.DownloadTotals()[0], both.DownloadTotals()[1]);
        Assert.All(kernels.Evaluate(both, images)[0].Logits.ToArray(), logit => Assert.Equal(float.NaN, logit));
    }

    [Fact]
    public void A_model_has_the_same_bits_alone_and_among_others_on_any_number_of_threads()
    {
        var shape = new Shape([3, 17, 40], 30, 70, 32) { Outputs = 10 };
        ModelParameters[] expected = Train(_device, shape, shape.Models);
        using var one = new CpuDevice(threads: 1);
        for (int m = 0; m < expected.Length; m++)
        {
            ModelParameters alone = Train(one, shape, [shape.Models[m]])[0];
            Check.SameBits($"W1 of model {m}", expected[m].W1, alone.W1);
            Check.SameBits($"w2 of model {m}", expected[m].W2, alone.W2);
            Check.SameBits($"b2 of model {m}", expected[m].B2, alone.B2);
        }
    }

    [Fact]
    public void Labels_beyond_the_classes_are_refused()
    {
        var shape = new Shape([2], 4, 6, 6) { Outputs = 3 };
        using DeviceCohort cohort = Cohort(shape.Models, 4, [0.1f]);
        using var images = new DeviceImages(
            _device, shape.Pixels, [0, 1, 2, 3, 0, 0], 4, shape.Schedule, KernelForm.Dense, withBackward: true);
        ArgumentException refused = Assert.Throws<ArgumentException>(() => DeviceKernels.Create(_device).TrainEpoch(cohort, images));
        Assert.Contains("label 3 for models of 3 classes", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Maps_of_a_class_and_of_the_one_that_is_said_are_those_of_double(KernelForm form, SimdWidth width)
    {
        var shape = new Shape([3, 20], 40, 21, 21) { Outputs = 4 };
        using DeviceCohort cohort = Cohort(shape.Models, shape.Inputs, [0.1f, 0.1f]);
        using var images = new DeviceImages(
            _device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: false);
        var kernels = DeviceKernels.Create(_device, width);
        double[] x = ReferenceMlp.Scale(shape.Pixels);
        foreach (SaliencyMethod method in SaliencyMethod.All)
        {
            foreach (int? wanted in new int?[] { null, 2 })
            {
                ReadOnlyMemory<float>[] maps = kernels.Saliency(cohort, images, method, wanted);
                for (int at = 0; at < maps.Length * shape.Images; at++)
                {
                    (int m, int n) = (at / shape.Images, at % shape.Images);
                    var model = ReferenceParameters.From(shape.Models[m]);
                    double[] image = x[(n * shape.Inputs)..((n + 1) * shape.Inputs)];
                    int k = wanted ?? ReferenceMlp.Largest(ReferenceMlp.Forward(model, image).Logits);
                    double[] actual = Check.Widen(maps[m].Span.Slice(n * shape.Inputs, shape.Inputs));
                    double[] expected = ReferenceSaliency.ClassMap(model, image, method, k);
                    Check.NearLargest($"{method} of class {wanted}, model {m}, image {n}", expected, actual, 1e-5);
                }
            }
        }
    }

    [Fact]
    public void Maps_of_a_class_that_is_none_are_refused()
    {
        var shape = new Shape([2], 4, 6, 6) { Outputs = 3 };
        using DeviceCohort cohort = Cohort(shape.Models, 4, [0.1f]);
        using var images = new DeviceImages(
            _device, shape.Pixels, shape.Labels, 4, shape.Schedule, KernelForm.Dense, withBackward: false);
        var kernels = DeviceKernels.Create(_device);
        ArgumentException none = Assert.Throws<ArgumentException>(
            () => kernels.Saliency(cohort, images, SaliencyMethod.LogitGradient, ofClass: 3));
        Assert.Contains("class 3 of models with 3 logits", none.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 1.0)]
    [InlineData(3, 1.5)]
    [InlineData(256, 200.25)]
    public void The_logarithm_of_a_sum_of_shares_is_right_to_float32s_digits(int outputs, double largest)
    {
        for (int i = 1; i <= 200; i++)
        {
            float others = (float)(largest * Math.Pow(i / 200.0, 4));
            double e = others, expected = e > 1e-4 ? Math.Log(1 + e) : e - (e * e / 2) + (e * e * e / 3);
            Check.Near($"ln(1 + {others})", expected, Softmax.LogOfSum<Scalar>(others, Softmax.Halvings(outputs)).Value, 4e-7 * expected);
        }
    }

    private ModelParameters[] Train(CpuDevice device, Shape shape, ModelParameters[] models)
    {
        using DeviceCohort cohort = Cohort(models, shape.Inputs, [.. models.Select(_ => 0.05f)], device);
        using var images = new DeviceImages(
            device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.InputSparse, withBackward: true);
        var kernels = DeviceKernels.Create(device);
        for (int epoch = 0; epoch < 3; epoch++)
            kernels.TrainEpoch(cohort, images);
        return cohort.Download();
    }

    private DeviceCohort Cohort(ModelParameters[] models, int inputs, float[] rates, CpuDevice? device = null)
    {
        device ??= _device;
        var layout = ColumnLayout.Create([.. models.Select(model => model.Hidden)], inputs, device.LayoutWays, models[0].Outputs);
        var cohort = new DeviceCohort(device, layout, rates);
        cohort.Upload(models);
        return cohort;
    }

    private DeviceImages Images(Golden golden, KernelForm form) => new(
        _device, golden.Pixels, golden.Labels, golden.Inputs, ChunkSchedule.Consecutive(golden.Labels.Length, golden.Batch), form,
        withBackward: true);

    private static int Correct(double[] logits, byte[] labels)
    {
        int outputs = logits.Length / labels.Length;
        return labels.Where((label, n) => ReferenceMlp.Largest(logits.AsSpan(n * outputs, outputs)) == label).Count();
    }

    private static void Near(string name, double[] expected, float[] actual) =>
        Check.NearLargest(name, expected, Check.Widen(actual), 1e-5);

    /// <summary>Golden/classes.json; see the page beside it.</summary>
    private sealed class Golden
    {
        public Golden()
        {
            using JsonDocument document = JsonDocument.Parse(
                File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "classes.json")));
            JsonElement root = document.RootElement;
            Inputs = root.GetProperty("inputs").GetInt32();
            Batch = root.GetProperty("batch").GetInt32();
            Rate = (float)root.GetProperty("lr").GetDouble();
            Correct = root.GetProperty("correct").GetInt32();
            Pixels = [.. Doubles(root, "pixels").Select(value => (byte)value)];
            Labels = [.. Doubles(root, "labels").Select(value => (byte)value)];
            Losses = Doubles(root, "loss_of_epoch");
            Logits = Doubles(root, "logits");
            (FirstGradient, Trained) = (Parameters(root, "first_gradient"), Parameters(root, "trained"));
            ReferenceParameters initial = Parameters(root, "initial");
            float[] Narrow(double[] values) => Array.ConvertAll(values, value => (float)value);
            Initial = new ModelParameters(Narrow(initial.W1), Narrow(initial.B1), Narrow(initial.W2), Narrow(initial.B2));
        }

        public int Inputs { get; }

        public int Batch { get; }

        public float Rate { get; }

        public int Correct { get; }

        public byte[] Pixels { get; }

        public byte[] Labels { get; }

        public double[] Losses { get; }

        public double[] Logits { get; }

        public ModelParameters Initial { get; }

        public ReferenceParameters FirstGradient { get; }

        public ReferenceParameters Trained { get; }

        private static ReferenceParameters Parameters(JsonElement root, string name)
        {
            JsonElement part = root.GetProperty(name);
            return new ReferenceParameters(Doubles(part, "w1"), Doubles(part, "b1"), Doubles(part, "w2"), Doubles(part, "b2"));
        }

        private static double[] Doubles(JsonElement parent, string name) =>
            [.. parent.GetProperty(name).EnumerateArray().Select(value => value.GetDouble())];
    }
}
