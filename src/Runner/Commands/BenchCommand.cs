using System.Diagnostics;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Bench;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Peak;
using GpuMlp.Runner.Plots;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;
using GpuMlp.Runner.Verbs;
using ILGPU.Runtime;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp bench</c>: what sparsity buys in time on each device, and from where on.</summary>
internal static class BenchCommand
{
    internal sealed class Options : CommandOptions
    {
        [Option("quick"), Flag("one size, within a minute on two cores", Section = What)]
        public bool Quick { get; set; }

        [Option("ops"), Flag("LIST", "forward,backward,saliency", "forward,backward", Section = What)]
        public string? Ops { get; set; }

        [Option("forms")]
        [Flag(
            "LIST",
            "dense,masked,weight-sparse,input-sparse,outside (the sparse multiplier of ILGPU.Algorithms, forward only)",
            "dense,weight-sparse",
            Section = What)]
        public string? Forms { get; set; }

        [Option("masks"), Flag("LIST", "magnitude (of trained models), uniform (at random)", "magnitude", Section = What)]
        public string? Masks { get; set; }

        [Option("mask")]
        [Flag(
            "FILE,...",
            "masks of your own in place of those: weights that are 0 in w1 [784, H] and w2 [H] of safetensors files, as gpumlp export "
                + "writes them; sparsity and H are theirs",
            "model.safetensors",
            Section = What)]
        public string? Mask { get; set; }

        [Option("sparsity")]
        [Flag("LIST", "shares of pruned weights (default: 0,0.5,0.7,0.8,0.9,0.95,0.98,0.99)", "0.5,0.95", Section = What)]
        public string? Sparsity { get; set; }

        [Option("hidden"), Flag("LIST", "hidden units of each model (default: 8,24,64)", "2..64*2", Section = What)]
        public string? Hidden { get; set; }

        [Option("models"), Flag("LIST", "models a launch (default: 1,10,100,1000)", "1,100", Section = What)]
        public string? Models { get; set; }

        [Option("batch"), Flag("LIST", "images a launch (default: 32,256)", "32,256", Section = What)]
        public string? Batch { get; set; }

        [Option("baseline")]
        [Flag(
            "FILE", "a bench.csv of another time or build: the ratio of each time to it is printed, and which are beyond the spread",
            "runs/bench/bench.csv")]
        public string? Baseline { get; set; }

        [Option("device"), Flag("NAME", "auto, cpu, cuda, opencl, or one device such as cuda:0", "cpu")]
        public string? Device { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: all cores)", "4")]
        public string? Threads { get; set; }

        [Option("out")]
        [Flag(
            "DIR", "where bench.csv, bench.json, breakeven-*.png and roofline-*.png go (default: runs/bench)", "runs/mine")]
        public string? Out { get; set; }

        [Option("json"), Flag("the same as one JSON object, for programs")]
        public bool Json { get; set; }

        [Option("quiet"), Flag("no progress")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("bench", Run)
    {
        Summary = "what sparse kernels buy in time on this machine, and from which sparsity on; into runs/bench",
        About = """
            gpumlp bench measures what skipping zeros buys: dense kernels against masked,
            weight-sparse and input-sparse ones and an outside multiplier. Every result
            is compared with a reference before it is timed. All of it takes a quarter of an
            hour on two cores.
            """,
        Notes = """
            Examples
              gpumlp bench --quick
              gpumlp bench --ops forward --sparsity 0.5,0.6,0.7 --models 100
              gpumlp bench --hidden 64 --models 1,10 --forms dense,weight-sparse
              gpumlp bench --mask runs/paper/export/4v9-s42-h24-lr0.03-layer0.95.safetensors
            """,
        Sections = () => [What, "How"],
    };

    private const string What = "What to measure (every combination of the lists)";

    /// <exception cref="UserErrorException">A wrong result (exit code 4), an interruption, a full disk.</exception>
    private static int Run(Options options, CommandIo io)
    {
        BenchRequest request = BenchRequest.From(options);
        BenchBaseline? baseline = options.Baseline is { } file ? BenchBaseline.Read(file) : null;
        int threads = request.Threads;
        using var stop = new StopSignals();
        var phases = PhaseClock.OnTerminal(io, options.Quiet);
        DeviceSelection devices = phases.Measure("devices", () => DeviceSelection.Find("--device", request.Device, threads));
        Dataset data = phases.Measure("data", () => DatasetLoader.Load(null));
        request = request with { Spec = request.SpecWithMasks(data.Inputs) };
        baseline?.CheckMeets(request.Spec, devices.Devices.Select(device => device.Id));
        AtomicFile.OpenFolder(request.Out);
        var runs = new List<BenchRun>();
        try
        {
            foreach (DeviceInfo device in devices.Devices)
                Measure(device, request, threads, data, runs, phases, io, stop.Token);
        }
        catch (OperationCanceledException)
        {
            throw new UserErrorException($"interrupted; {Rows(runs)} finished measurements are in {request.Out}", stop.ExitCode);
        }
        catch (Exception error) when (DeviceFaults.Of(error) == DeviceFault.Lost)
        {
            throw new UserErrorException(
                $"--device: {devices.Name} answers no more ({error.Message}); {Rows(runs)} finished measurements are in {request.Out}",
                ExitCodes.DeviceAbsent, error);
        }
        finally
        {
            WriteFiles(request, devices, runs, phases);
        }

        foreach (BenchRun run in runs)
        {
            phases.Measure("plots", () => Plots(request.Out, run));
            if (!options.Json)
                BenchTables.Write(run.Result, run.Roof, run.Name, io);
        }

        if (options.Json)
            WriteJson(request.Out, runs, baseline, io);
        else if (baseline is not null)
            BaselineTable.Write(baseline, runs, io);

        if (!request.Quiet)
        {
            BenchSkip[] skips = [.. runs.SelectMany(run => run.Result.Skips)];
            if (skips.Length > 0)
                io.Error.WriteLine($"{skips.Length} cases were left out ({skips[0].Reason}, and so on); bench.json lists them");
            io.Error.WriteLine($"{Rows(runs)} measurements in {phases.Total:F1} s; bench.csv, bench.json and plots: {request.Out}");
        }

        return ExitCodes.Done;
    }

    private static void Measure(
        DeviceInfo info, BenchRequest request, int threads, Dataset data, List<BenchRun> runs, PhaseClock phases, CommandIo io,
        CancellationToken cancel)
    {
        using ComputeDevice device = ComputeDevice.Open(info, threads);
        long start = Stopwatch.GetTimestamp();
        var kernels = DeviceKernels.Create(device);
        double loadMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;

        // A CPU that OpenCL offers has the CPU's own roofs: a kernel of scalars does not reach them there.
        BenchRoof roof = phases.Measure("roof", () => device is GpuDevice { SkipsZeroPixels: false } gpu
            ? new BenchRoof(GpuPeak.Gflops(gpu), GpuPeak.GigabytesPerSecond(gpu))
            : new BenchRoof(CpuPeak.Gflops(threads), CpuPeak.GigabytesPerSecond(threads)));
        string name = info.Kind == AcceleratorType.CPU ? $"cpu, {threads} threads, {RunInfo.CpuModelName}" : info.ToString();
        using var progress = new BenchProgress(io, request.Quiet);
        var runner = new BenchRunner(kernels, data, request.Spec, progress);
        runs.Add(new BenchRun(info.Id, name, roof, loadMs, runner.Result));
        phases.Measure("measure", () =>
        {
            runner.Run(cancel);
            return true;
        });
    }

    /// <summary>The same for programs: the rows of bench.csv, device by device; bench.json there has every sample besides.</summary>
    internal static void WriteJson(string folder, IReadOnlyList<BenchRun> runs, BenchBaseline? baseline, CommandIo io) =>
        JsonText.Write(io.Out, new
        {
            JsonText.Format,
            Out = folder,
            Devices = runs.Select(run => new
            {
                run.Device,
                run.Name,
                run.Roof,
                Rows = run.Result.Rows.Select(row => BenchFiles.Cells(run.Device, row)),
                Skipped = run.Result.Skips.Select(skip => new { Case = skip.Case.ToString(), skip.Reason }),
            }),
            Baseline = baseline is null ? null : new
            {
                File = baseline.Path,
                Machines = baseline.Machines,
                Rows = baseline.Compare(runs).Select(row => new
                {
                    Case = BenchFiles.Cells(row.Device, row.Row).Take(8).ToDictionary(),
                    row.BaselineMs,
                    row.Row.MedianMs,
                    row.Ratio,
                    Slower = row.IsSlower,
                    Faster = row.IsFaster,
                }),
            },
        });

    private static int Rows(List<BenchRun> runs) => runs.Sum(run => run.Result.Rows.Count);

    private static void WriteFiles(BenchRequest request, DeviceSelection devices, List<BenchRun> runs, PhaseClock phases)
    {
        if (Rows(runs) == 0)
            return;
        var info = RunInfo.Create(
            Environment.CommandLine,
            devices,
            $"{(int)SimdSupport.Best} bit",
            phases.StartedUtc,
            phases.Seconds,
            modelsOk: 0,
            modelsFailed: 0);
        BenchFiles.WriteCsv(Path.Combine(request.Out, "bench.csv"), runs);
        BenchFiles.WriteJson(Path.Combine(request.Out, "bench.json"), info, request.Spec, runs);
    }

    private static bool Plots(string folder, BenchRun run)
    {
        string device = run.Device.Replace(':', '-');
        if (run.Result.Rows.Exists(row => row.Case.Form != BenchForm.Dense))
        {
            using Figure figure = BreakEvenPlot.Draw(run.Result, run.Name);
            figure.Save(Path.Combine(folder, $"breakeven-{device}.png"));
        }

        using Figure roofline = RooflinePlot.Draw(run.Result, run.Roof, run.Name);
        roofline.Save(Path.Combine(folder, $"roofline-{device}.png"));
        return true;
    }
}
