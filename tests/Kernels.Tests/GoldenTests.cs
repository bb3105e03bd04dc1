using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

[Trait("Size", "large")]
public sealed class GoldenTests : IDisposable
{
    // The files hold twelve decimals, and their smallest tensors reach 3e-4.
    private const double InDouble = 1e-9, Decimals = 1e-12;

    private static readonly Dictionary<string, GoldenCase> s_cases = GoldenCase.Names.ToDictionary(name => name, GoldenCase.Load);

    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<string, KernelForm, SimdWidth> Runs
    {
        get
        {
            var data = new TheoryData<string, KernelForm, SimdWidth>();
            foreach (string name in GoldenCase.Names)
            {
                foreach (KernelVariant variant in KernelCatalog.Of(TrainEpochOperation.Instance))
                    data.Add(name, variant.Form, variant.Width);
            }
            return data;
        }
    }

    public static TheoryData<string> Names => [.. GoldenCase.Names];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Runs))]
    public void First_gradient_and_losses_of_a_ragged_cohort_are_those_of_the_golden_run(string name, KernelForm form, SimdWidth width) =>
        new GoldenRuns(_device, DeviceKernels.Create(_device, width), form).FirstGradientAndLosses(s_cases[name]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Trained_parameters_probabilities_and_accuracy_are_those_of_the_golden_run(string name, KernelForm form, SimdWidth width) =>
        new GoldenRuns(_device, DeviceKernels.Create(_device, width), form).Training(s_cases[name]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void Saliency_maps_of_the_golden_models_are_those_of_the_golden_run(string name, KernelForm form, SimdWidth width) =>
        new GoldenRuns(_device, DeviceKernels.Create(_device, width), form).Saliency(s_cases[name]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_golden_models_pruned_by_95_percent_are_those_of_the_golden_run(string name, KernelForm form, SimdWidth width) =>
        new GoldenRuns(_device, DeviceKernels.Create(_device, width), form).Pruning(s_cases[name]);

    [Theory]
    [MemberData(nameof(Names))]
    public void The_double_reference_repeats_the_golden_run_to_its_printed_digits(string name)
    {
        GoldenCase golden = s_cases[name];
        double[] x = ReferenceMlp.Scale(golden.Pixels), y = Check.Widen(golden.Labels);
        foreach (GoldenModel expected in golden.Models)
        {
            string label = $"{name}, H {expected.Hidden}";
            var model = ReferenceParameters.From(expected.Initial);
            (int _, int rows) = golden.Batches[0];
            ReferenceForward forward = ReferenceMlp.Forward(model, x.AsSpan(0, rows * GoldenCase.Inputs));
            ReferenceParameters gradient = ReferenceMlp.Gradient(model, x.AsSpan(0, rows * GoldenCase.Inputs), y.AsSpan(0, rows), forward);
            CompareInDouble($"{label}: first gradient", expected.FirstGradient, gradient);

            var losses = new double[golden.Batches.Length];
            for (int step = 0; step < losses.Length; step++)
            {
                (model, ReferenceTotals totals) = ReferenceMlp.TrainEpoch(model, golden.Rate, x, y, golden.Step(step));
                losses[step] = totals.Loss / totals.Images;
            }
            Near($"{label}: losses", expected.Losses, losses);
            CompareInDouble($"{label}: final", expected.Final, model);

            forward = ReferenceMlp.Forward(model, x);
            Near($"{label}: probabilities", expected.Probabilities, forward.Probabilities[..expected.Probabilities.Length]);
            Check.Near($"{label}: accuracy", expected.Accuracy, GoldenRuns.Accuracy(forward.Logits, golden), 1e-12);
            foreach ((int image, double[] slopes, double[] perturbation) in expected.Maps)
            {
                double[] pixels = x.AsSpan(golden.Row(image) * GoldenCase.Inputs, GoldenCase.Inputs).ToArray();
                Near($"{label}: dp/dx", slopes, ReferenceSaliency.Map(model, pixels, SaliencyMethod.ProbabilityGradient));
                Near($"{label}: perturbation", perturbation, ReferenceSaliency.Map(model, pixels, SaliencyMethod.Perturbation));
            }
        }
    }

    private static void Near(string name, double[] expected, double[] actual) =>
        Check.Near(name, expected, actual, [(InDouble * expected.Max(Math.Abs)) + Decimals]);

    private static void CompareInDouble(string name, (string Name, double[] Values)[] expected, ReferenceParameters actual)
    {
        double[][] tensors = [actual.W1, actual.B1, actual.W2, actual.B2];
        for (int t = 0; t < tensors.Length; t++)
            Near($"{name} {expected[t].Name}", expected[t].Values, tensors[t]);
    }
}
