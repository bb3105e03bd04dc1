using System.Globalization;
using System.Runtime.InteropServices;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GpuMlp.Peers;

/// <summary>
/// Every optimiser beside that of torch.optim on the same batches from the same weights: how far both are from torch in float64.
/// Gradients are autograd's. Prints Markdown.
/// </summary>
internal static class OptimiserPeers
{
    private const int Batch = 32, Steps = 20, Images = Batch * Steps;

    private const double Rate = 0.01, Momentum = 0.9, Beta1 = 0.9, Beta2 = 0.999;

    private static readonly int[] s_hidden = [4, 16, 64];

    private static readonly double[] s_decays = [0, 0.1];

    public static void Run(TextWriter output)
    {
        Dataset data = DatasetLoader.Load(null);
        Split split = Splitter.Create(data, new ClassTask(4, 9), seed: 0);
        SplitImages images = SplitImages.Gather(data, split.Task, split.Train);
        byte[] pixels = images.Pixels[..(Images * data.Inputs)], labels = images.Labels[..Images];
        output.WriteLine("# Optimisers beside torch.optim");
        output.WriteLine();
        output.WriteLine($"Machine: {RunInfo.CpuModelName}, {RuntimeInformation.OSArchitecture}; TorchSharp "
            + $"{typeof(torch).Assembly.GetName().Version!.ToString(3)}, libtorch {torch.__version__}; {DateTime.UtcNow:yyyy-MM-dd}.");
        output.WriteLine("Command: `dotnet build -c Release perf/peers && tests/opencl/run.sh --root dotnet "
            + "artifacts/bin/Peers/release/GpuMlp.Peers.dll optimisers`.");
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"4v9, {Steps} steps on batches of {Batch} images, H = {string.Join(' ', s_hidden)}, rate {Rate}, momentum {Momentum}, "
                + $"betas {Beta1} and {Beta2}; L2 decay of weights, decoupled for adamw."));
        output.WriteLine("An error is the norm of the difference from torch in float64, all parameters of a model together, as a part of");
        output.WriteLine("the norm of what these steps have moved; the largest of the models.");
        output.WriteLine();
        output.WriteLine("| optimizer | decay | GpuMlp | torch in float32 |");
        output.WriteLine("|---|---|---|---|");
        foreach (Optimiser optimiser in Optimiser.All)
        {
            foreach (double decay in s_decays)
            {
                ModelParameters[] start = Ours(optimiser, decay, pixels, labels, data.Inputs, steps: 0);
                ModelParameters[] ours = Ours(optimiser, decay, pixels, labels, data.Inputs, Steps);
                double own = 0, theirs = 0;
                for (int m = 0; m < start.Length; m++)
                {
                    double[] from = Values(start[m]), exact = Theirs(optimiser, decay, start[m], pixels, labels, ScalarType.Float64);
                    double moved = Norm(from, exact);
                    own = Math.Max(own, Norm(Values(ours[m]), exact) / moved);
                    theirs = Math.Max(
                        theirs, Norm(Theirs(optimiser, decay, start[m], pixels, labels, ScalarType.Float32), exact) / moved);
                }

                if (!(own < 1e-3))
                {
                    throw new UserErrorException(
                        $"{optimiser}, decay {decay}: off by {own:G3} of what the steps moved", ExitCodes.VerificationFailed);
                }

                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"| {optimiser} | {decay} | {own:0.0e+0} | {theirs:0.0e+0} |"));
            }
        }
    }

    private static ModelParameters[] Ours(Optimiser optimiser, double decay, byte[] pixels, byte[] labels, int inputs, int steps)
    {
        using var device = new CpuDevice(1);
        var kernels = DeviceKernels.Create(device);
        StepSettings[] settings = [.. s_hidden.Select(_ => optimiser.Settings(Momentum, Beta1, Beta2))];
        using var cohort = new DeviceCohort(
            device, ColumnLayout.Create(s_hidden, inputs, 1, optimisers: [.. settings.Select(one => one.Optimiser)]),
            [.. s_hidden.Select(_ => (float)Rate)], settings: settings)
        {
            WeightDecay = (float)decay,
        };
        using var images = new DeviceImages(
            device, pixels, labels, inputs, ChunkSchedule.Consecutive(labels.Length, Batch), KernelForm.InputSparse, withBackward: true);
        kernels.Initialize(cohort, new ModelOrigin([.. s_hidden.Select(hidden => (ulong)hidden)], Seed: 0, InitStd: 0.1f));
        if (steps > 0)
            kernels.TrainEpoch(cohort, images);
        return cohort.Download();
    }

    private static double[] Theirs(
        Optimiser optimiser, double decay, ModelParameters start, byte[] pixels, byte[] labels, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        int hidden = start.B1.Length, inputs = start.W1.Length / hidden;
        using var w1 = new Parameter(tensor(start.W1).to(type).reshape(inputs, hidden));
        using var b1 = new Parameter(tensor(start.B1).to(type));
        using var w2 = new Parameter(tensor(start.W2).to(type).reshape(hidden, 1));
        using var b2 = new Parameter(tensor(start.B2).to(type));
        Tensor x = tensor(pixels).to(type).reshape(labels.Length, inputs) / 255, y = tensor(labels).to(type).reshape(labels.Length, 1);
        using optim.Optimizer weights = Create(optimiser, [w1, w2], decay), biases = Create(optimiser, [b1, b2], 0);
        for (int row = 0; row < labels.Length; row += Batch)
        {
            weights.zero_grad();
            biases.zero_grad();
            Tensor logits = x[row..(row + Batch)].matmul(w1).add(b1).relu().matmul(w2).add(b2);
            nn.functional.binary_cross_entropy_with_logits(logits, y[row..(row + Batch)]).backward();
            weights.step();
            biases.step();
        }

        return [.. new Tensor[] { w1, b1, w2, b2 }.SelectMany(part => part.detach().to(ScalarType.Float64).data<double>().ToArray())];
    }

    private static optim.Optimizer Create(Optimiser optimiser, Parameter[] parameters, double decay) => optimiser.Name switch
    {
        "sgd" => optim.SGD(parameters, Rate, weight_decay: decay),
        "momentum" => optim.SGD(parameters, Rate, Momentum, weight_decay: decay),
        "nesterov" => optim.SGD(parameters, Rate, Momentum, weight_decay: decay, nesterov: true),
        "adam" => optim.Adam(parameters, Rate, Beta1, Beta2, 1e-8, decay),
        "adamw" => optim.AdamW(parameters, Rate, Beta1, Beta2, 1e-8, decay),
        _ => throw new ArgumentException($"torch.optim has no {optimiser}", nameof(optimiser)),
    };

    private static double[] Values(ModelParameters model) =>
        [.. model.W1.Concat(model.B1).Concat(model.W2).Concat(model.B2).Select(value => (double)value)];

    private static double Norm(double[] one, double[] other) => Math.Sqrt(one.Zip(other, (a, b) => (a - b) * (a - b)).Sum());
}
