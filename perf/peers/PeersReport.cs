using System.Globalization;
using System.Runtime.InteropServices;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuMlp.Peers;

/// <summary>
/// The study's cohort (4v9, eleven sizes, C = 226) trained and evaluated by GpuMlp and by libtorch in one process: results
/// are compared first, then times are taken in turns. Prints Markdown, so that a result file is this output and no other.
/// </summary>
internal static class PeersReport
{
    private const int Rounds = 15;

    // float32 sums of 784 and 9,344 terms in another order: below 1e-5 of the largest number, ten times that is allowed.
    private const double Tolerance = 1e-4;

    public static void Run(TextWriter output, int threads)
    {
        set_num_threads(threads);
        using IDisposable withoutGradients = no_grad();
        Dataset data = DatasetLoader.Load(null);
        SweepSpec study = Presets.Paper;
        Split split = Splitter.Create(data, new ClassTask(4, 9), study.Seeds[0]);
        using var device = new CpuDevice(threads);
        var kernels = DeviceKernels.Create(device);
        ModelSpec[] models = [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];
        using var cohort = new Cohort(device, kernels, data, split, models, study.Variants()[0]);
        cohort.Initialize();
        var images = new TorchImages(SplitImages.Gather(data, split.Task, split.Train), data.Inputs);

        output.WriteLine("# One cohort by GpuMlp and by libtorch, in one process");
        output.WriteLine();
        output.WriteLine($"Machine: {RunInfo.CpuModelName}, {threads} threads, {RuntimeInformation.OSArchitecture}; "
            + $"{RuntimeInformation.OSDescription}; "
            + $"{RuntimeInformation.FrameworkDescription}; TorchSharp {typeof(torch).Assembly.GetName().Version!.ToString(3)}, libtorch "
            + $"{torch.__version__}; {DateTime.UtcNow:yyyy-MM-dd}.");
        output.WriteLine("Command: `dotnet build -c Release perf/peers && tests/opencl/run.sh --root dotnet "
            + "artifacts/bin/Peers/release/GpuMlp.Peers.dll`");
        output.WriteLine("(in the Debian 13 root, because libtorch wants a newer libstdc++ than Debian 12 has).");
        output.WriteLine();
        output.WriteLine($"Task 4v9, seed {split.Seed}: N = {split.Train.Length:N0} training images, D = {data.Inputs}, H = "
            + $"{string.Join(' ', study.Hidden)} (C = {study.Hidden.Sum()}).");
        output.WriteLine("Results of both agree within 1e-4 of the largest number, or nothing is timed. "
            + "Ways are timed in turns, each after a pause of");
        output.WriteLine($"{Clock.PauseMs} ms, in which the threads of the others go to sleep, and an untimed call; medians, "
            + "with tenth and ninetieth percentile.");
        output.WriteLine();
        Training(output, cohort, images);
        output.WriteLine();
        ForwardPeers.Run(output, kernels, cohort, images);
    }

    /// <exception cref="UserErrorException">The two differ (exit code 4).</exception>
    public static void Compare(string what, ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs)
    {
        double largest = 0, worst = 0;
        for (int i = 0; i < ours.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(ours[i]));
            worst = Math.Max(worst, Math.Abs((double)ours[i] - theirs[i]));
        }
        if (ours.Length != theirs.Length || !(worst <= Tolerance * largest))
        {
            throw new UserErrorException($"{what}: GpuMlp and libtorch differ by {worst:G3} where the largest number is "
                + $"{largest:G3}; nothing is timed", ExitCodes.VerificationFailed);
        }
    }

    private static void Training(TextWriter output, Cohort cohort, TorchImages images)
    {
        ModelParameters[] start = cohort.OnDevice.Download();
        float rate = (float)cohort.Models[0].LearningRate;
        var wide = new TorchCohort(start);
        var compressed = new TorchCohort(start);
        TorchCohort[] each = [.. start.Select(model => new TorchCohort([model]))];
        void Wide() => wide.Epoch(images.Dense, images.DenseTransposed, images.Labels, rate);
        void Compressed() => compressed.Epoch(images.Csr, images.CsrTransposed, images.Labels, rate, sparse: true);
        void Loop()
        {
            foreach (TorchCohort model in each)
                model.Epoch(images.Dense, images.DenseTransposed, images.Labels, rate);
        }

        cohort.TrainEpoch();
        Wide();
        Compressed();
        Loop();
        ModelParameters[] trained = cohort.OnDevice.Download();
        float[] ours = new TorchCohort(trained).W1.data<float>().ToArray();
        Compare("W1 after an epoch of the wide product", ours, wide.W1.data<float>().ToArray());
        Compare("W1 after an epoch of the wide product with CSR images", ours, compressed.W1.data<float>().ToArray());
        for (int m = 0; m < each.Length; m++)
            Compare($"W1 of model {m} after an epoch by itself", trained[m].W1, each[m].W1.data<float>().ToArray());

        (string Name, double[] Ms)[] rows = [.. new[] { "GpuMlp", "libtorch, one wide product", "libtorch, one wide product, images as "
            + "CSR", "libtorch, one model after the other" }
            .Zip(Clock.Take(Rounds, () => cohort.TrainEpoch(), Wide, Compressed, Loop))];
        output.WriteLine("## Training: one full-batch epoch");
        output.WriteLine();
        output.WriteLine("GpuMlp's epoch includes loss and counts of every model; libtorch's does not, "
            + "and uses no autograd: its formulas are");
        output.WriteLine("written out, in place, which is faster than what it derives itself.");
        output.WriteLine();
        output.WriteLine("| way | ms | p10 | p90 | GFLOP/s dense-equivalent | GpuMlp is faster by |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach ((string name, double[] ms) in rows)
        {
            double median = Clock.Median(ms);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {median:F2} | {ms[ms.Length / 10]:F2} | {ms[ms.Length * 9 / 10]:F2} | {cohort.EpochFlop / median / 1e6:F0} | "
                    + $"{median / Clock.Median(rows[0].Ms):F2} |"));
        }
    }
}
