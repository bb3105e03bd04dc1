using System.Diagnostics;
using GpuMlp.Engine;
using GpuMlp.Engine.Bench;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Peak;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Plots;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Tables;
using ILGPU.Runtime;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp bench</c>: what sparsity buys in time on each device, and from where on.</summary>
internal static class BenchCommand
{
    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">A wrong result (exit code 4), an interruption, a full disk.</exception>
    public static int Run(BenchOptions options, CommandIo io)
    {
        BenchRequest request = BenchRequest.From(options);
        int threads = request.Threads ?? Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        using var stop = new StopSignals();
        var phases = new PhaseClock();
        var devices = DeviceSelection.Find("--device", request.Device, threads);
        Dataset data = phases.Measure("data", () => DatasetLoader.Load(null));
        request = request with { Spec = request.SpecWithMasks(data.Inputs) };
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
                $"--device: {devices.Name} answers no more ({error.Message}); {Rows(runs)} finished measurements are in {request.Out}", ExitCodes.DeviceAbsent, error);
        }
        finally
        {
            WriteFiles(request, devices, runs, phases);
        }

        foreach (BenchRun run in runs)
        {
            phases.Measure("plots", () => Plots(request.Out, run));
            BenchTables.Write(run.Result, run.Roof, run.Name, io);
        }

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
        DeviceInfo info, BenchRequest request, int threads, Dataset data, List<BenchRun> runs, PhaseClock phases, CommandIo io, CancellationToken cancel)
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

    private static int Rows(List<BenchRun> runs) => runs.Sum(run => run.Result.Rows.Count);

    private static void WriteFiles(BenchRequest request, DeviceSelection devices, List<BenchRun> runs, PhaseClock phases)
    {
        if (Rows(runs) == 0)
            return;
        var info = RunInfo.Create(Environment.CommandLine, devices, $"{(int)SimdSupport.Best} bit", phases.StartedUtc, phases.Seconds, modelsOk: 0, modelsFailed: 0);
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
