using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Reference;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Weight decay: what it shrinks, what it spares, and that its bits depend on the problem alone.</summary>
public sealed class WeightDecayTests : IDisposable
{
    private const int Inputs = 67, Images = 300, Batch = 70;

    private const float Decay = 0.3f;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 100];

    private readonly CpuDevice _device = new(threads: 2);

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Every_form_and_width_has_the_same_bits(KernelForm form, SimdWidth width) => Outcome.SameBits(
        $"{form}, {width}",
        Run(_device, KernelForm.Dense, SimdWidth.V128, Models()),
        Run(_device, form, width, Models()),
        zeroSigns: form == KernelForm.Dense);

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Threads_and_neighbours_change_no_bit(KernelForm form, SimdWidth width)
    {
        Outcome[] expected = Run(_device, form, width, Models());
        using var alone = new CpuDevice(threads: 1);
        Outcome.SameBits($"{form}, one thread", expected, Run(alone, form, width, Models()));
        for (int m = 0; m < expected.Length; m++)
            Outcome.SameBits($"{form}, model {m} alone", expected[m], Run(_device, form, width, [Models()[m]])[0]);
    }

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Weights_of_a_pixel_that_is_never_set_decay_step_by_step_and_biases_do_not(KernelForm form, SimdWidth width)
    {
        // The first pixel of the samples is 0 in all images, so that its weights have no gradient.
        const int Epochs = 3, Steps = Epochs * ((Images + Batch - 1) / Batch);
        (ModelParameters Model, float Rate)[] models = Models();
        Outcome[] outcomes = Outcome.Train(_device, width, form, Inputs, Images, Batch, models, Epochs, Decay);
        for (int m = 0; m < models.Length; m++)
        {
            float[] expected = [.. models[m].Model.W1.Take(s_hidden[m])];
            for (int step = 0; step < Steps; step++)
                expected = [.. expected.Select(w => MathF.FusedMultiplyAdd(-models[m].Rate, Decay * w, w))];
            Check.SameBits($"{form}, {width}: W1 of pixel 0, model {m}", expected, outcomes[m].Model.W1.AsSpan(0, s_hidden[m]));
        }
    }

    [Fact]
    public void A_decay_of_0_changes_no_bit()
    {
        Outcome[] without = Outcome.Train(_device, SimdSupport.Best, KernelForm.InputSparse, Inputs, Images, Batch, Models());
        Outcome.SameBits(
            "decay 0",
            without,
            Outcome.Train(_device, SimdSupport.Best, KernelForm.InputSparse, Inputs, Images, Batch, Models(), weightDecay: 0));
        Assert.NotEqual(without[0].Model.W1, Run(_device, KernelForm.InputSparse, SimdSupport.Best, Models())[0].Model.W1);
    }

    [Fact]
    public void The_reference_steps_down_the_slope_of_loss_plus_half_the_decay_times_the_square()
    {
        const double Step = 1e-5, Rate = 1, Tolerance = 1e-8, LargeDecay = 0.7;
        ReferenceParameters model = ReferenceParameters.From(Samples.Model(inputs: 4, hidden: 3, seed: 5));
        double[] x = ReferenceMlp.Scale(Samples.Pixels(images: 9, inputs: 4, seed: 6)), y = Check.Widen(Samples.Labels(images: 9, seed: 7));
        ReferenceParameters stepped = model.Step(Rate, ReferenceMlp.Gradient(model, x, y, ReferenceMlp.Forward(model, x)), LargeDecay);
        double Objective(ReferenceParameters p) => (ReferenceMlp.Totals(ReferenceMlp.Forward(p, x).Logits, y).Loss / y.Length)
            + (LargeDecay / 2 * (p.W1.Sum(w => w * w) + p.W2.Sum(w => w * w)));
        double Slope(Func<double, ReferenceParameters> moved) => (Objective(moved(Step)) - Objective(moved(-Step))) / (2 * Step);
        for (int i = 0; i < model.W1.Length; i++)
            Check.Near($"W1[{i}]", Slope(by => model with { W1 = Moved(model.W1, i, by) }), model.W1[i] - stepped.W1[i], Tolerance);
        for (int i = 0; i < model.Hidden; i++)
        {
            Check.Near($"w2[{i}]", Slope(by => model with { W2 = Moved(model.W2, i, by) }), model.W2[i] - stepped.W2[i], Tolerance);
            Check.Near($"b1[{i}]", Slope(by => model with { B1 = Moved(model.B1, i, by) }), model.B1[i] - stepped.B1[i], Tolerance);
        }
        Check.Near("b2", Slope(by => model with { B2 = Moved(model.B2, 0, by) }), model.B2[0] - stepped.B2[0], Tolerance);
    }

    private static double[] Moved(double[] values, int index, double by)
    {
        double[] moved = [.. values];
        moved[index] += by;
        return moved;
    }

    private static (ModelParameters, float)[] Models() =>
        [.. s_hidden.Select((hidden, m) => (Samples.Model(Inputs, hidden, seed: m), 0.02f + (0.01f * m)))];

    private static Outcome[] Run(CpuDevice device, KernelForm form, SimdWidth width, (ModelParameters, float)[] models) =>
        Outcome.Train(device, width, form, Inputs, Images, Batch, models, weightDecay: Decay);
}
