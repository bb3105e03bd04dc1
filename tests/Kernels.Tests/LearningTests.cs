using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// Class weights and dropout: their bits, what they belong to, and that gradients are slopes of the weighted, thinned loss.
/// </summary>
public sealed class LearningTests : IDisposable
{
    private const int Inputs = 37, Images = 300;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 100];

    private readonly CpuDevice _device = new(threads: 2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Training_has_the_bits_of_the_reference(KernelForm form, SimdWidth width)
    {
        var kernels = DeviceKernels.Create(_device, width);
        foreach (Shape shape in Shape.Learning)
        {
            using var cohort = new DeviceCohort(
                _device, ColumnLayout.Create(shape.Hidden, shape.Inputs, _device.LayoutWays, shape.Outputs),
                Samples.Rates(shape.Hidden.Length))
            {
                WeightDecay = shape.WeightDecay,
            };
            cohort.Upload(shape.Models);
            cohort.SetLearning(shape.Learnings, shape.Origin);
            using var images = new DeviceImages(
                _device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: true, shape.Numbers);
            ExactTraining[] expected = ExactExpectations.Trained(shape);
            for (int epoch = 0; epoch < expected[0].Epochs.Length; epoch++)
            {
                kernels.TrainEpoch(cohort, images, epoch);
                EpochTotals[] totals = cohort.DownloadTotals();
                for (int m = 0; m < totals.Length; m++)
                    ExactExpectations.SameTotals($"{shape}, epoch {epoch}, model {m}", expected[m].Epochs[epoch], totals[m]);
            }

            ModelParameters[] actual = cohort.Download();
            for (int m = 0; m < actual.Length; m++)
                ExactExpectations.SameParameters($"{shape}, model {m}", expected[m].Model, actual[m]);
        }
    }

    [Theory]
    [InlineData(Images)]
    [InlineData(32)]
    public void Threads_widths_and_neighbours_change_no_bit(int batch)
    {
        (ModelParameters, float)[] models = Models();
        ModelLearning[] learning = Learning(models.Length);
        Outcome[] expected = Train(_device, SimdSupport.Best, batch, models, learning);
        using var alone = new CpuDevice(threads: 1);
        foreach (SimdWidth width in SimdSupport.Available)
            Outcome.SameBits($"{width}, one thread", expected, Train(alone, width, batch, models, learning));
        for (int m = 0; m < models.Length; m++)
        {
            Outcome own = Train(_device, SimdSupport.Best, batch, [models[m]], [learning[m]])[0];
            Outcome.SameBits($"model {m} alone", expected[m], own);
        }

        // Among others that learn as usual a model that does so has its usual bits.
        ModelLearning[] some = [.. learning.Select((one, m) => m % 2 == 0 ? one : ModelLearning.Usual)];
        Outcome[] mixed = Train(_device, SimdSupport.Best, batch, models, some), plain = Outcome.Train(
            _device, SimdSupport.Best, KernelForm.InputSparse, Inputs, Images, batch, models);
        for (int m = 0; m < models.Length; m++)
            Outcome.SameBits($"model {m} among others", m % 2 == 0 ? expected[m] : plain[m], mixed[m]);
    }

    [Fact]
    public void A_unit_is_dropped_by_image_unit_and_epoch_wherever_the_image_stands()
    {
        const int Hidden = 21, Epoch = 9;
        const float Probability = 0.3f;
        byte[] pixels = [.. Enumerable.Repeat((byte)200, Images * 2)];
        var model = new ModelParameters([.. Enumerable.Repeat(0.5f, 2 * Hidden)], new float[Hidden], new float[Hidden], [0]);
        int[] numbers = [.. Enumerable.Range(0, Images).Select(n => 59_999 - (11 * n))];
        var identity = new ModelOrigin([0x4000_0009_0000_0015UL], 42, 0);
        float[] Activations(int[] order, float probability, int epoch)
        {
            using var cohort = new DeviceCohort(_device, ColumnLayout.Create([Hidden], 2, 2), [0.1f]);
            using var images = new DeviceImages(
                _device, pixels, new byte[Images], 2, ChunkSchedule.Consecutive(Images, 70), KernelForm.Dense, withBackward: true,
                [.. order.Select(n => numbers[n])]);
            cohort.Upload([model]);
            cohort.SetLearning([new ModelLearning(probability, [])], identity);
            var kernels = DeviceKernels.Create(_device);
            var z = new float[Images * Hidden];
            for (int chunk = 0; chunk < images.Chunks; chunk++)
            {
                kernels.HiddenForward(cohort, images, chunk);
                kernels.Dropout(cohort, images, chunk, epoch);
                Chunk rows = ChunkSchedule.Consecutive(Images, 70).Chunks[chunk];
                float[] values = KernelExpectations.ColumnsOf(
                    cohort, KernelExpectations.Copy(_device, cohort.Scratch.Activations), cohort.Layout.Slots[0], rows.Rows);
                for (int n = 0; n < rows.Rows; n++)
                    values.AsSpan(n * Hidden, Hidden).CopyTo(z.AsSpan(order[rows.FirstRow + n] * Hidden));
            }

            return z;
        }

        int[] forwards = [.. Enumerable.Range(0, Images)], backwards = [.. forwards.Reverse()];
        float[] dropped = Activations(forwards, Probability, Epoch), whole = Activations(forwards, 0, Epoch);
        Assert.Equal(dropped, Activations(backwards, Probability, Epoch));
        bool[] expected = new ReferenceDropout(numbers, identity.Identities[0], 42).Of(Probability, Hidden, Epoch, 0, Images);
        Assert.Equal(expected.Select((off, at) => off ? 0f : whole[at] * (float)(1 / (1 - (double)Probability))), dropped);

        // Six standard deviations of a binomial count.
        double all = Images * Hidden, bound = 6 * Math.Sqrt(all * Probability * (1 - Probability));
        Assert.InRange(dropped.Count(z => z == 0), (all * Probability) - bound, (all * Probability) + bound);

        // What is dropped at some probability is dropped at every larger one; another epoch drops others.
        float[] more = Activations(forwards, 0.6f, Epoch);
        Assert.All(Enumerable.Range(0, dropped.Length).Where(at => dropped[at] == 0), at => Assert.Equal(0, more[at]));
        Assert.NotEqual(dropped.Select(z => z == 0), Activations(forwards, Probability, Epoch + 1).Select(z => z == 0));
    }

    [Fact]
    public void Gradients_are_slopes_of_the_weighted_loss_of_the_units_that_are_kept()
    {
        const double Step = 1e-5, DifferenceError = 1e-8;
        var shape = new Shape([7, 16, 5, 9], 11, 23, 23, Learns: true);
        using var cohort = new DeviceCohort(
            _device, ColumnLayout.Create(shape.Hidden, shape.Inputs, _device.LayoutWays), Samples.Rates(shape.Hidden.Length));
        cohort.Upload(shape.Models);
        cohort.SetLearning(shape.Learnings, shape.Origin);
        using var images = new DeviceImages(
            _device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.InputSparse, withBackward: true, shape.Numbers);
        var kernels = DeviceKernels.Create(_device);
        const int Epoch = 4;
        kernels.HiddenForward(cohort, images, 0);
        kernels.Dropout(cohort, images, 0, Epoch);
        kernels.OutputLoss(cohort, images, 0);
        kernels.OutputBackward(cohort, images, 0);
        kernels.HiddenBackward(cohort, images, 0);
        ModelParameters[] gradients = cohort.DownloadGradients();
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
        for (int m = 0; m < gradients.Length; m++)
        {
            ModelLearning learning = shape.Learnings[m];
            double[] weights = [.. shape.Labels.Select(label => learning.ClassWeights.Count == 0 ? 1.0 : learning.ClassWeights[label])];
            double[] kept =
            [
                .. shape.DropoutOf(m)!.Of(learning.Dropout, shape.Hidden[m], Epoch, 0, shape.Images)
                    .Select(off => off ? 0 : 1 / (1 - (double)learning.Dropout)),
            ];
            var start = ReferenceParameters.From(shape.Models[m]);
            double Loss(ReferenceForward forward) =>
                forward.Logits.Select((logit, n) => weights[n] * ReferenceMlp.Loss(logit, y[n])).Sum() / y.Length;
            int compared = 0;
            void Compare(string part, double[] gradient, Func<int, double, ReferenceParameters> move)
            {
                // Float32's roundings of numbers up to the largest one, and q's, which is 24 bits of the largest class weight.
                double tolerance = DifferenceError + (1e-6 * (gradient.Max(Math.Abs) + weights.Max()));
                for (int i = 0; i < gradient.Length; i++)
                {
                    ReferenceForward up = ReferenceMlp.Forward(move(i, Step), x, kept),
                        down = ReferenceMlp.Forward(move(i, -Step), x, kept);
                    if (GradientCheck.HasKink(up, down))
                        continue;
                    compared++;
                    Check.Near($"model {m}: {part}[{i}]", (Loss(up) - Loss(down)) / (2 * Step), gradient[i], tolerance);
                }
            }

            var claimed = ReferenceParameters.From(gradients[m]);
            Compare("W1", claimed.W1, (i, by) => start with { W1 = GradientCheck.Moved(start.W1, i, by) });
            Compare("b1", claimed.B1, (i, by) => start with { B1 = GradientCheck.Moved(start.B1, i, by) });
            Compare("w2", claimed.W2, (i, by) => start with { W2 = GradientCheck.Moved(start.W2, i, by) });
            Compare("b2", claimed.B2, (i, by) => start with { B2 = GradientCheck.Moved(start.B2, i, by) });
            Assert.True(compared > 0.9 * (claimed.W1.Length + (2 * claimed.Hidden) + 1), $"model {m}: {compared} compared");

            // The double reference knows it too.
            ReferenceParameters truth = ReferenceMlp.Gradient(start, x, y, ReferenceMlp.Forward(start, x, kept), weights, kept);
            Check.Near($"model {m}: W1", truth.W1, claimed.W1, [.. truth.W1.Select(g => 1e-6 * (Math.Abs(g) + weights.Max()))]);
        }
    }

    [Fact]
    public void A_factor_of_all_weights_is_a_factor_of_the_gradient()
    {
        // Powers of two change no rounding: weights of 4 at a quarter of the rate are weights of 1.
        (ModelParameters Model, float Rate)[] models = Models();
        ModelLearning[] four = [.. models.Select(_ => new ModelLearning(0, [4, 4]))];
        (ModelParameters, float)[] slower = [.. models.Select(one => (one.Model, one.Rate / 4))];
        Outcome[] expected = Outcome.Train(_device, SimdSupport.Best, KernelForm.InputSparse, Inputs, Images, 32, models);
        Outcome.SameBits("weights of 4", expected, Train(_device, SimdSupport.Best, 32, slower, four));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        using var cohort = new DeviceCohort(_device, ColumnLayout.Create([3], 2, 1), [0.1f]);
        void Refused(ModelLearning learning, ModelOrigin? origin = null) =>
            Assert.Throws<ArgumentException>(() => cohort.SetLearning([learning], origin));
        Refused(new ModelLearning(0.91f, []), new ModelOrigin([1], 0, 0));
        Refused(new ModelLearning(-0.1f, []), new ModelOrigin([1], 0, 0));
        Refused(new ModelLearning(0.5f, []));
        Refused(new ModelLearning(0, [1, 2, 3]));
        Refused(new ModelLearning(0, [1, 0]));
        Refused(new ModelLearning(0, [1, float.NaN]));
        Assert.Throws<ArgumentException>(() => cohort.SetLearning([], null));
    }

    private static Outcome[] Train(
        CpuDevice device, SimdWidth width, int batch, (ModelParameters, float)[] models, ModelLearning[] learning) =>
        Outcome.Train(device, width, KernelForm.InputSparse, Inputs, Images, batch, models, learning: learning);

    private static (ModelParameters Model, float Rate)[] Models() =>
        [.. s_hidden.Select((hidden, m) => (Samples.Model(Inputs, hidden, seed: m), 0.02f + (0.01f * m)))];

    private static ModelLearning[] Learning(int models) => [.. Enumerable.Range(0, models).Select(m =>
        new ModelLearning(0.1f * (m % 5), m % 3 == 0 ? [] : [0.3f + m, 1.7f]))];
}
