using System.Diagnostics;
using System.Runtime.InteropServices;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Peak;

namespace GpuMlp.Perf;

/// <summary>
/// In one run: the machine's peak, the epoch of the study's cohort (4v9, eleven sizes, C = 226) in every kernel form and
/// width, and the training seconds of the whole grid. Prints Markdown, so that a result file is this output and no other.
/// </summary>
internal static class EpochReport
{
    private const int Epochs = 30, MostWarmUp = 100;

    private static readonly ClassTask s_task = new(4, 9);

    public static int Run(TextWriter output, int threads)
    {
        SweepSpec study = Presets.Paper;
        Dataset data = DatasetLoader.Load(null);
        double peak = CpuPeak.Gflops(threads);
        output.WriteLine("# One epoch of the study's cohort, and the whole grid");
        output.WriteLine();
        output.WriteLine(
            $"Machine: {CpuName()}, {threads} threads, {RuntimeInformation.OSArchitecture}; {RuntimeInformation.OSDescription}; "
                + $"{RuntimeInformation.FrameworkDescription}; {DateTime.UtcNow:yyyy-MM-dd}.");
        output.WriteLine($"Command: `dotnet run -c Release --project perf -- epoch {threads}`.");
        output.WriteLine();
        output.WriteLine($"Peak float32 FMA rate, registers only, best of nine: **{peak:F0} GFLOP/s**.");
        output.WriteLine(
            "Epoch: forward, loss and counts, backward, update. Dense-equivalent = 4 N D C / time; zeros that are skipped count as done.");
        output.WriteLine(
            $"Median, tenth and ninetieth percentile of {Epochs} epochs, once ten in a row are no faster than the ten before them.");
        output.WriteLine();
        output.WriteLine("| form | registers | batch | ms | p10 | p90 | GFLOP/s dense-equivalent | times peak |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        using var device = new CpuDevice(threads);
        Split split = Splitter.Create(data, s_task, study.Seeds[0]);
        foreach (SimdWidth width in SimdSupport.Available.Reverse())
        {
            var kernels = DeviceKernels.Create(device, width);
            foreach (KernelForm form in new[] { KernelForm.InputSparse, KernelForm.Dense })
            {
                foreach (int? batch in new int?[] { null, 256, 32 })
                    output.WriteLine(Row(device, kernels, data, split, study, form, batch, peak));
            }
        }
        output.WriteLine();
        output.WriteLine(Grid(device, data, study, peak));
        return 0;
    }

    private static string Row(
        ComputeDevice device, DeviceKernels kernels, Dataset data, Split split, SweepSpec study, KernelForm form, int? batch, double peak)
    {
        using var cohort = new Cohort(device, kernels, data, split, Models(study), study.Variants()[0] with { Batch = batch }, form);
        cohort.Initialize();
        WarmUp(cohort);
        double[] times = [.. Enumerable.Range(0, Epochs).Select(_ => Milliseconds(cohort))];
        Array.Sort(times);
        double median = times[times.Length / 2], rate = cohort.EpochFlop / median / 1e6;
        string batchText = TrainingVariant.NameOf(batch);
        return $"| {form} | {(int)kernels.Width} bit | {batchText} | {median:F2} | {times[times.Length / 10]:F2} | "
            + $"{times[times.Length * 9 / 10]:F2} "
            + $"| {rate:F0} | {rate / peak:F2} |";
    }

    // The runtime compiles a method again once it has run often, and a clock takes its time to rise: until the best of ten epochs is
    // not better by a hundredth than the best of the ten before.
    private static void WarmUp(Cohort cohort)
    {
        double best = double.MaxValue;
        for (int done = 0; done < MostWarmUp; done += 10)
        {
            double next = Enumerable.Range(0, 10).Min(_ => Milliseconds(cohort));
            if (next > 0.99 * best)
                return;
            best = next;
        }
    }

    private static double Milliseconds(Cohort cohort)
    {
        long start = Stopwatch.GetTimestamp();
        cohort.TrainEpoch();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static string Grid(CpuDevice device, Dataset data, SweepSpec study, double peak)
    {
        var kernels = DeviceKernels.Create(device);
        TrainingVariant variant = study.Variants()[0];
        double seconds = 0, flop = 0;
        long start = Stopwatch.GetTimestamp();
        foreach (ClassTask task in study.Tasks)
        {
            foreach (int seed in study.Seeds)
            {
                using var cohort = new Cohort(device, kernels, data, Splitter.Create(data, task, seed), Models(study), variant);
                cohort.Initialize();
                long training = Stopwatch.GetTimestamp();
                for (int epoch = 0; epoch < variant.Epochs; epoch++)
                    cohort.TrainEpoch();
                seconds += Stopwatch.GetElapsedTime(training).TotalSeconds;
                flop += variant.Epochs * cohort.EpochFlop;
            }
        }
        double all = Stopwatch.GetElapsedTime(start).TotalSeconds, rate = flop / seconds / 1e9;
        int models = study.Tasks.Count * study.Seeds.Count * study.Hidden.Count * study.LearningRates.Count;
        return $"Whole grid, {models} models x {variant.Epochs} epochs: training {seconds:F1} s ({flop / 1e12:F2} TFLOP "
            + $"dense-equivalent, {rate:F0} GFLOP/s, "
            + $"{rate / peak:F2} times peak), with splits, compression and initial weights {all:F1} s.";
    }

    private static ModelSpec[] Models(SweepSpec study) => [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];

    internal static string CpuName()
    {
        const string Path = "/proc/cpuinfo";
        string? line = File.Exists(Path)
            ? File.ReadLines(Path).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
