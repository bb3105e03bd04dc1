using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The closed forms of SmoothGrad and integrated gradients against what their authors define: a mean over noise, an integral over a way.
/// </summary>
public sealed class SaliencyMethodTests : IDisposable
{
    private const int Inputs = 49, Images = 6;

    private static readonly int[] s_hidden = [1, 7, 24, 64];

    private readonly CpuDevice _device = new(threads: 2);
    private readonly ModelParameters[] _models = [.. s_hidden.Select((hidden, m) => Samples.Model(Inputs, hidden, seed: m))];
    private readonly byte[] _pixels = Samples.Pixels(Images, Inputs, seed: 4);

    public static TheoryData<KernelForm> Forms => [KernelForm.Dense, KernelForm.InputSparse];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public void Integrated_gradients_add_up_to_the_logit_less_that_of_a_black_image(KernelForm form)
    {
        ReadOnlyMemory<float>[] maps = Maps(SaliencyMethod.IntegratedGradient, form);
        for (int m = 0; m < maps.Length; m++)
        {
            ReferenceParameters model = ReferenceParameters.From(_models[m]);
            double[] x = ReferenceMlp.Scale(_pixels);
            ReferenceForward forward = ReferenceMlp.Forward(model, x);
            double black = ReferenceMlp.Forward(model, new double[Inputs]).Logits[0];
            for (int n = 0; n < Images; n++)
            {
                // A value of a map is a sum over H, a map one over D, Z a sum over D: float32 rounds each term of them.
                double magnitude = Enumerable.Range(0, model.W1.Length)
                    .Sum(i => x[(n * Inputs) + (i / model.Hidden)] * Math.Abs(model.W1[i] * model.W2[i % model.Hidden]));
                double bound = RunningError.Slack * RunningError.Unit * (Inputs + model.Hidden + 8) * magnitude;
                double sum = 0;
                foreach (float value in maps[m].Span.Slice(n * Inputs, Inputs))
                    sum += value;
                Check.Near($"{form}, H {model.Hidden}, image {n}", forward.Logits[n] - black, sum, bound);
            }
        }
    }

    [Fact]
    public void Integrated_gradients_are_the_mean_gradient_on_the_way_times_the_image()
    {
        const int Steps = 2000;
        ReadOnlyMemory<float>[] maps = Maps(SaliencyMethod.IntegratedGradient, KernelForm.InputSparse);
        double[] x = ReferenceMlp.Scale(_pixels);
        for (int m = 0; m < maps.Length; m++)
        {
            ReferenceParameters model = ReferenceParameters.From(_models[m]);
            for (int n = 0; n < Images; n++)
            {
                var mean = new double[Inputs];
                for (int step = 0; step < Steps; step++)
                {
                    double[] place = [.. x.Skip(n * Inputs).Take(Inputs).Select(pixel => pixel * (step + 0.5) / Steps)];
                    double[] gradient = ReferenceSaliency.Map(model, place, SaliencyMethod.LogitGradient);
                    for (int d = 0; d < Inputs; d++)
                        mean[d] += gradient[d] * x[(n * Inputs) + d] / Steps;
                }

                // Each unit switches at most once on the way; the midpoint rule is off by half a step of its part.
                double[] bound = [.. Enumerable.Range(0, Inputs).Select(d => 1e-5 + (x[(n * Inputs) + d] / Steps
                    * Enumerable.Range(0, model.Hidden).Sum(h => Math.Abs(model.W1[(d * model.Hidden) + h] * model.W2[h]))))];
                Check.Near($"H {model.Hidden}, image {n}", mean, maps[m].Span.Slice(n * Inputs, Inputs), bound);
            }
        }
    }

    [Fact]
    public void SmoothGrad_is_the_mean_gradient_over_noisy_images()
    {
        const int Draws = 3000;
        ReadOnlyMemory<float>[] maps = Maps(SaliencyMethod.SmoothGradient, KernelForm.InputSparse);
        double[] x = ReferenceMlp.Scale(_pixels);
        var random = new System.Random(8);
        for (int m = 0; m < maps.Length; m++)
        {
            ReferenceParameters model = ReferenceParameters.From(_models[m]);
            double[] sum = new double[Inputs], squares = new double[Inputs];
            for (int draw = 0; draw < Draws; draw++)
            {
                double[] noisy = [.. x.Take(Inputs).Select(pixel => pixel + (ReferenceSaliency.NoiseSigma * Normal(random)))];
                double[] gradient = ReferenceSaliency.Map(model, noisy, SaliencyMethod.LogitGradient);
                for (int d = 0; d < Inputs; d++)
                    (sum[d], squares[d]) = (sum[d] + gradient[d], squares[d] + (gradient[d] * gradient[d]));
            }
            double[] mean = [.. sum.Select(s => s / Draws)];

            // Five standard errors: 196 values are compared.
            double[] bound = [.. mean.Select(
                (average, d) => 1e-5 + (5 * Math.Sqrt(Math.Max(0, (squares[d] / Draws) - (average * average)) / Draws)))];
            Check.Near($"H {model.Hidden}", mean, maps[m].Span[..Inputs], bound);
        }
    }

    private ReadOnlyMemory<float>[] Maps(SaliencyMethod method, KernelForm form)
    {
        using var cohort = new DeviceCohort(
            _device,
            ColumnLayout.Create(s_hidden, Inputs, _device.LayoutWays),
            Samples.Rates(s_hidden.Length));
        using var images = new DeviceImages(
            _device,
            _pixels,
            new byte[Images],
            Inputs,
            ChunkSchedule.Consecutive(Images, Images),
            form,
            withBackward: false);
        cohort.Upload(_models);
        return DeviceKernels.Create(_device).Saliency(cohort, images, method);
    }

    private static double Normal(System.Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
