using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Every optimiser: its formula in double, and bits that depend on the problem alone.</summary>
public sealed class OptimiserTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<string> Names => [.. Optimiser.All.Select(optimiser => optimiser.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_steps_are_those_of_its_formula_in_double(string name)
    {
        const float Decay = 0.1f;
        OptimiserProblem problem = new(300, 70, IsMasked: false, Decay) { Epochs = 3 };
        OptimiserModel[] models = [.. problem.Models.Where(model => model.Optimiser.Name == name && model.Rate > 0)];
        ModelParameters[] trained = problem.Train(_device, SimdSupport.Best, KernelForm.InputSparse, models).Models;
        for (int m = 0; m < models.Length; m++)
        {
            double[] start = Values(ReferenceParameters.From(models[m].Start)), actual = Values(ReferenceParameters.From(trained[m]));
            double[] expected = Values(Reference(problem, models[m], Decay));
            double moved = Norm(start, expected), off = Norm(expected, actual);
            Assert.True(moved > 0.01, $"{name}, model {m}: moved by {moved}");
            Assert.True(off < 2e-4 * moved, $"{name}, model {m}: off by {off} of {moved}");
        }
    }

    [Theory]
    [MemberData(nameof(EpochVariants.All), MemberType = typeof(EpochVariants))]
    public void Every_form_and_width_has_the_same_bits(KernelForm form, SimdWidth width)
    {
        foreach (OptimiserProblem problem in OptimiserProblem.All)
        {
            (ModelParameters[] Models, float[][] States) trained = problem.Train(_device, width, form, problem.Models);
            OptimiserProblem.SameBits(
                $"{form}, {width}, {problem}", problem.Train(_device, SimdWidth.V128, KernelForm.Dense, problem.Models), trained);
            foreach ((OptimiserModel model, ModelParameters end) in problem.Models.Zip(trained.Models).Where(one => one.First.Rate == 0))
                ExactExpectations.SameParameters($"{problem}, {model.Optimiser} without a rate", problem.Masked(model), end);
        }
    }

    [Fact]
    public void Threads_and_neighbours_with_other_optimisers_change_no_bit()
    {
        OptimiserProblem problem = new(300, 70, IsMasked: true, 0.01f);
        (ModelParameters[] Models, float[][] States) all = problem.Train(_device, SimdSupport.Best, KernelForm.InputSparse, problem.Models);
        using var one = new CpuDevice(threads: 1);
        OptimiserProblem.SameBits("one thread", all, problem.Train(one, SimdSupport.Best, KernelForm.InputSparse, problem.Models));
        for (int m = 0; m < problem.Models.Length; m++)
        {
            OptimiserProblem.SameBits(
                $"model {m} alone",
                ([all.Models[m]], [all.States[m]]),
                problem.Train(_device, SimdSupport.Best, KernelForm.InputSparse, [problem.Models[m]]));
        }
    }

    [Fact]
    public void Training_goes_on_from_what_was_downloaded_as_if_it_had_not_been_stopped()
    {
        OptimiserProblem problem = new(300, 70, IsMasked: false, 0.01f) { Epochs = 4 };
        OptimiserProblem.SameBits(
            "stopped",
            problem.Train(_device, SimdSupport.Best, KernelForm.InputSparse, problem.Models),
            problem.Train(_device, SimdSupport.Best, KernelForm.InputSparse, problem.Models, stopAfter: 2));
    }

    [Fact]
    public void A_cohort_without_room_for_states_is_refused()
    {
        ColumnLayout layout = ColumnLayout.Create([3], 5, 1, optimisers: [3]);
        using var cohort = new DeviceCohort(_device, layout, [0.1f]);
        Assert.Throws<ArgumentException>(() => DeviceKernels.Create(_device).Update(cohort));
    }

    [Fact]
    public void The_square_root_of_kernels_is_that_of_the_machine()
    {
        for (uint bits = 0x00800000; bits < 0x7F000000; bits += 4_099)
        {
            float a = BitConverter.UInt32BitsToSingle(bits);
            Assert.Equal(MathF.Sqrt(a), GpuMath.Sqrt(a));
        }
    }

    private static ReferenceParameters Reference(OptimiserProblem problem, OptimiserModel model, double decay)
    {
        ReferenceParameters at = ReferenceParameters.From(model.Start);
        var optimiser = new ReferenceOptimiser(
            model.Optimiser, model.Rate, OptimiserProblem.Momentum, OptimiserProblem.Beta1, OptimiserProblem.Beta2);
        for (int epoch = 0; epoch < problem.Epochs; epoch++)
        {
            for (int row = 0; row < problem.Images; row += problem.Batch)
            {
                int rows = Math.Min(problem.Batch, problem.Images - row);
                double[] x = ReferenceMlp.Scale(problem.Pixels.AsSpan(row * OptimiserProblem.Inputs, rows * OptimiserProblem.Inputs));
                double[] y = [.. problem.Labels.Skip(row).Take(rows).Select(label => (double)label)];
                at = optimiser.Step(at, ReferenceMlp.Gradient(at, x, y, ReferenceMlp.Forward(at, x)), decay);
            }
        }
        return at;
    }

    private static double[] Values(ReferenceParameters model) => [.. model.W1, .. model.B1, .. model.W2, .. model.B2];

    private static double Norm(double[] one, double[] other) => Math.Sqrt(one.Zip(other, (a, b) => (a - b) * (a - b)).Sum());
}

/// <summary>A model with its optimiser.</summary>
internal sealed record OptimiserModel(ModelParameters Start, float Rate, Optimiser Optimiser);

/// <summary>Models of all optimisers on some images.</summary>
internal sealed record OptimiserProblem(int Images, int Batch, bool IsMasked, float Decay)
{
    public const int Inputs = 67;

    public const double Momentum = 0.9, Beta1 = 0.9, Beta2 = 0.999;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 100, 3, 7, 9], s_resting = [5, 6, 8];

    /// <summary>
    /// Full batches, batches, and batches so small that a GPU takes an epoch of them at once; a logit a class, dropped units and class
    /// weights.
    /// </summary>
    public static OptimiserProblem[] All { get; } =
    [
        new(300, 300, IsMasked: false, 0f), new(300, 70, IsMasked: true, 0.01f), new(150, 32, IsMasked: false, 0.01f),
        new(150, 70, IsMasked: false, 0.01f) { Outputs = 10 }, new(150, 32, IsMasked: false, 0f) { Learns = true },
        new(96, 32, IsMasked: false, 0.01f) { Outputs = 3, Learns = true },
    ];

    public int Outputs { get; init; } = 1;

    /// <summary>Whether models drop units and weigh classes, each its own way.</summary>
    public bool Learns { get; init; }

    public int Epochs { get; init; } = 2;

    public byte[] Pixels => Samples.Pixels(Images, Inputs, seed: 3);

    public byte[] Labels => Samples.Labels(Images, seed: 4, Math.Max(2, Outputs));

    /// <summary>Two an optimiser; some have no rate and must stay as they are.</summary>
    public OptimiserModel[] Models =>
    [
        .. s_hidden.Select((hidden, m) => new OptimiserModel(
            Samples.Model(Inputs, hidden, seed: m, Outputs), s_resting.Contains(m) ? 0 : 0.01f + (0.002f * m),
            Optimiser.All[m % Optimiser.All.Count])),
    ];

    public (ModelParameters[] Models, float[][] States) Train(
        ComputeDevice device, SimdWidth? width, KernelForm form, OptimiserModel[] models, int stopAfter = 0)
    {
        DeviceKernels kernels = DeviceKernels.Create(device, width);
        using var images = new DeviceImages(
            device, Pixels, Labels, Inputs, ChunkSchedule.Consecutive(Images, Batch), form, withBackward: true,
            [.. Enumerable.Range(0, Images)]);
        (ModelParameters[] Models, float[][] States) at = ([.. models.Select(model => model.Start)], []);
        foreach ((int first, int end) in stopAfter == 0 ? [(0, Epochs)] : new[] { (0, stopAfter), (stopAfter, Epochs) })
        {
            using DeviceCohort cohort = Cohort(device, models);
            cohort.Upload(at.Models);
            if (first > 0)
                cohort.UploadStates(at.States, first * images.Batches);
            for (int epoch = first; epoch < end; epoch++)
                kernels.TrainEpoch(cohort, images, epoch);
            at = (cohort.Download(), cohort.DownloadStates());
        }

        // States of weights that a mask leaves out mean nothing, and devices differ in them.
        return IsMasked ? (at.Models, [.. at.States.Select(_ => Array.Empty<float>())]) : at;
    }

    public static void SameBits(
        string name, (ModelParameters[] Models, float[][] States) expected, (ModelParameters[] Models, float[][] States) actual)
    {
        for (int m = 0; m < expected.Models.Length; m++)
        {
            ModelParameters a = expected.Models[m], b = actual.Models[m];
            Check.SameBits($"{name}, model {m}: W1", a.W1, b.W1, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: b1", a.B1, b.B1, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: w2", a.W2, b.W2, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: b2", a.B2, b.B2, zeroSigns: false);
            Check.SameBits($"{name}, model {m}: states", expected.States[m], actual.States[m], zeroSigns: false);
        }
    }

    /// <summary>What a model begins from.</summary>
    public ModelParameters Masked(OptimiserModel model) => ExactMlp.Masked(model.Start, IsMasked ? Mask(model) : null);

    private static ModelMask Mask(OptimiserModel model) =>
        Samples.Mask(Inputs, model.Start.B1.Length, 0.6, seed: model.Start.B1.Length, model.Start.Outputs);

    private DeviceCohort Cohort(ComputeDevice device, OptimiserModel[] models)
    {
        StepSettings[] settings = [.. models.Select(model => model.Optimiser.Settings(Momentum, Beta1, Beta2))];
        ColumnLayout layout = ColumnLayout.Create(
            [.. models.Select(model => model.Start.B1.Length)], Inputs, device.LayoutWays, Outputs,
            [.. settings.Select(one => one.Optimiser)]);
        var cohort = new DeviceCohort(device, layout, [.. models.Select(model => model.Rate)], IsMasked, settings) { WeightDecay = Decay };
        if (IsMasked)
            cohort.SetMask([.. models.Select(Mask)]);
        if (Learns)
        {
            float[] weights = [.. Enumerable.Range(0, Math.Max(2, Outputs)).Select(label => 0.5f + label)];
            cohort.SetLearning(
                [.. models.Select(model => new ModelLearning(0.1f * (model.Start.B1.Length % 5), weights))],
                new ModelOrigin([.. models.Select(model => (ulong)model.Start.B1.Length)], Seed: 9, InitStd: 0));
        }
        return cohort;
    }
}

/// <summary>The same on GPUs as on a CPU.</summary>
public abstract class OptimiserGpuTests(AcceleratorType kind)
{
    public static TheoryData<KernelForm> Forms => [KernelForm.Dense, KernelForm.InputSparse];

    [DeviceTheory]
    [MemberData(nameof(Forms))]
    public void A_gpu_has_the_bits_of_a_cpu(KernelForm form) => TestDevices.Use(kind, device =>
    {
        using var cpu = new CpuDevice(threads: 2);
        foreach (OptimiserProblem problem in OptimiserProblem.All)
        {
            OptimiserProblem.SameBits(
                $"{kind}, {form}, {problem}",
                problem.Train(cpu, SimdSupport.Best, form, problem.Models),
                problem.Train(device, null, form, problem.Models));
        }
    });
}

[OnDevice(AcceleratorType.OpenCL)]
public sealed class OpenClOptimiserTests() : OptimiserGpuTests(AcceleratorType.OpenCL);

[OnDevice(AcceleratorType.Cuda)]
public sealed class CudaOptimiserTests() : OptimiserGpuTests(AcceleratorType.Cuda);
