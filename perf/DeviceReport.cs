using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Peak;
using ILGPU.Runtime.Cuda;

namespace GpuMlp.Perf;

/// <summary>
/// Training on one device: the study's grid, and cohorts of any number of models (hidden sizes 2 to 64 in turn, 16 rates).
/// perf/peers/torch_peer.py trains the same by PyTorch.
/// </summary>
internal static class DeviceReport
{
    // The study's grid takes minutes on a device that is only tried with few models.
    private const int LeastForGrid = 1000;

    private const int Epochs = 10, Repeats = 5, LeastHidden = 2, MostHidden = 64, Rates = 16;

    private const int Points = 2338, FewPoints = 300;

    private static readonly ClassTask s_task = new(4, 9);

    /// <param name="args">A device as <c>--device</c> takes it, then numbers of models; with a thousand or more the grid is trained
    /// too.</param>
    public static int Run(TextWriter output, string[] args)
    {
        var selection = DeviceSelection.Find(
            "device",
            DeviceRequest.Parse("device", args.FirstOrDefault("auto")),
            Environment.ProcessorCount);
        int[] counts = args.Length > 1 ? [.. args.Skip(1).Select(count => int.Parse(count, CultureInfo.InvariantCulture))] : [1000, 10000];
        using ComputeDevice device = ComputeDevice.Open(selection.Devices[0], selection.Threads);
        var kernels = DeviceKernels.Create(device);
        double? stated = Stated(device);

        // A CPU that OpenCL offers has the CPU's own roof: a kernel of scalars does not reach it there.
        double measured = 1e9 * (device is GpuDevice { SkipsZeroPixels: false } gpu
            ? GpuPeak.Gflops(gpu)
            : CpuPeak.Gflops(selection.Threads));
        double peak = stated ?? measured;
        Dataset data = DatasetLoader.Load(null);
        output.WriteLine("# Training on one device");
        output.WriteLine();
        output.WriteLine($"Device: {selection.Devices[0]}{(selection.Driver is { } driver ? $", driver {driver}" : "")}; "
            + $"{RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}; {DateTime.UtcNow:yyyy-MM-dd}.");
        output.WriteLine($"Command: `dotnet run -c Release --project perf -- device {string.Join(' ', args)}`.");
        output.WriteLine();
        output.WriteLine(stated is { } rate
            ? $"Float32 peak: **{Text(rate / 1e12)} TFLOP/s** by lanes x 2 x clock, "
                + $"{Text(measured / 1e12)} measured with everything in registers."
            : $"Float32 peak: **{Text(measured / 1e12)} TFLOP/s** measured with everything in registers.");
        output.WriteLine($"An epoch's time: {Epochs} epochs started one behind the other, then waited for; "
            + $"median of {Repeats} such runs after one to warm up.");
        output.WriteLine("Host: until all of them are started; where that is nearly the whole time, the device waits for launches.");
        output.WriteLine("Alone: an epoch that is waited for before the next one is started. Dense-equivalent: 4 N D C an epoch.");
        output.WriteLine();
        output.WriteLine(
            "| models | C | batch | ms an epoch | host ms | alone ms | TFLOP/s dense-equivalent | share of peak | device memory GiB |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach ((int Models, int? Batch) row in Rows(counts))
            output.WriteLine(Measure(device, kernels, data, row.Models, row.Batch, peak));
        output.WriteLine();
        bool isSmall = counts.Max() < LeastForGrid;
        output.WriteLine(Embedding(device, isSmall ? FewPoints : Points));
        if (isSmall)
            return 0;
        (double seconds, double flop) = Grid(device, kernels, data);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The study's grid, 165 models x 100 epochs in 15 cohorts, images and initial weights on the device already: {seconds:F2} s, "
                + $"{flop / seconds / 1e12:F2} TFLOP/s dense-equivalent."));
        return 0;
    }

    // Small batches where launches would show: the study's own cohort, and the first number that was asked for.
    private static IEnumerable<(int Models, int? Batch)> Rows(int[] counts) =>
        [(0, null), (0, 32), .. counts.Select(count => (count, (int?)null)), (counts[0], 32)];

    private static string Measure(ComputeDevice device, DeviceKernels kernels, Dataset data, int models, int? batch, double peak)
    {
        // 0 stands for the study's cohort: eleven sizes, one rate.
        ModelSpec[] specs = models == 0
            ? [.. Presets.Paper.Hidden.Select(hidden => new ModelSpec(hidden, Presets.Paper.LearningRates[0]))]
            : [.. Enumerable.Range(0, models)
                .Select(m => new ModelSpec(LeastHidden + (m % (MostHidden - LeastHidden + 1)), 0.002 * (1 + (m % Rates))))];
        Split split = Splitter.Create(data, s_task, seed: 0);
        var variant = Presets.Paper.Variants()[0] with { Batch = batch };
        using var cohort = new Cohort(device, kernels, data, split, specs, variant);
        cohort.Initialize();
        (List<double> whole, List<double> host, List<double> alone) = ([], [], []);
        for (int repeat = 0; repeat <= Repeats; repeat++)
        {
            device.Stream.Synchronize();
            long start = Stopwatch.GetTimestamp();
            for (int epoch = 0; epoch < Epochs; epoch++)
                cohort.StartEpoch();
            host.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / Epochs);
            device.Stream.Synchronize();
            whole.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / Epochs);
            start = Stopwatch.GetTimestamp();
            cohort.StartEpoch();
            device.Stream.Synchronize();
            alone.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        double ms = Median(whole), flops = cohort.EpochFlop / (ms / 1000);
        double memory = DeviceCohort.Bytes(cohort.OnDevice.Layout) / (double)(1L << 30);
        string share = (100 * flops / peak).ToString("F1", CultureInfo.InvariantCulture) + " %";
        return $"| {specs.Length} | {specs.Sum(s => s.Hidden)} | {batch?.ToString(CultureInfo.InvariantCulture) ?? "full"} | {Text(ms)} | "
            + $"{Text(Median(host))} | {Text(Median(alone))} "
            + $"| {Text(flops / 1e12)} | {share} | {Text(memory)} |";
    }

    private static (double Seconds, double Flop) Grid(ComputeDevice device, DeviceKernels kernels, Dataset data)
    {
        SweepSpec study = Presets.Paper;
        ModelSpec[] models = [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];
        TrainingVariant variant = study.Variants()[0];
        double seconds = 0, flop = 0;
        foreach (ClassTask task in study.Tasks)
        {
            foreach (int seed in study.Seeds)
            {
                using var cohort = new Cohort(device, kernels, data, Splitter.Create(data, task, seed), models, variant);
                cohort.Initialize();
                device.Stream.Synchronize();
                long start = Stopwatch.GetTimestamp();
                for (int epoch = 0; epoch < variant.Epochs; epoch++)
                    cohort.StartEpoch();
                device.Stream.Synchronize();
                seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
                flop += cohort.EpochFlop * variant.Epochs;
            }
        }
        return (seconds, flop);
    }

    // As many points as the validation split of 4v9 has, or few; random ones, since time does not depend on where they are.
    private static string Embedding(ComputeDevice device, int points)
    {
        const int Hidden = 24;
        var random = new Random(1);
        DeviceKernels kernels = DeviceKernels.Create(device);
        double Seconds(int count, int steps)
        {
            using var buffer = new EmbeddingBuffer(
                device,
                [.. Enumerable.Range(0, count * Hidden).Select(_ => random.NextSingle())],
                Hidden);
            buffer.Scatter([.. Enumerable.Range(0, count)], identity: 0, seed: 0);
            long start = Stopwatch.GetTimestamp();
            (TsneSchedule.Standard with { Steps = steps }).Run(kernels, buffer, CancellationToken.None);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        // The first compiles.
        Seconds(FewPoints, 1);
        return string.Create(CultureInfo.InvariantCulture, $"t-SNE of {points} points of {Hidden} features, {TsneSchedule.Standard.Steps} "
            + $"steps: {Seconds(points, TsneSchedule.Standard.Steps):F2} s.");
    }

    // FLOP/s: what the maker states for a CUDA device at its highest clock.
    private static double? Stated(ComputeDevice device)
    {
        if (device.Accelerator is not CudaAccelerator cuda)
            return null;

        // Float32 lanes of a multiprocessor, by the programming guide's table: 64 for 6.0, 7.x and 8.0, else 128. The clock is in MHz.
        CudaArchitecture architecture = cuda.Architecture;
        bool narrow = architecture.Major == 7 || (architecture.Minor == 0 && architecture.Major is 6 or 8);
        return 2.0 * (narrow ? 64 : 128) * cuda.NumMultiprocessors * ((CudaDevice)cuda.Device).ClockRate * 1e6;
    }

    private static double Median(List<double> values)
    {
        double[] kept = [.. values.Skip(1).Order()];
        return kept[kept.Length / 2];
    }

    private static string Text(double value) => value.ToString(value < 10 ? "F3" : "F1", CultureInfo.InvariantCulture);
}
