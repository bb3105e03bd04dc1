using System.Diagnostics;
using System.Text.Json;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Perf;

/// <summary>
/// The default study, part by part: wall-clock seconds and seconds of host CPUs. Units are trained and analysed in this process;
/// <c>gpumlp merge</c> then does the rest in one of its own, as a user would see it. Prints Markdown.
/// </summary>
internal static class StudyReport
{
    public static int Run(TextWriter output, string device)
    {
        string gpumlp = Path.Combine(AppContext.BaseDirectory, "..", "..", "Runner", Path.GetFileName(
            Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "gpumlp");
        string folder = Path.Combine(Path.GetTempPath(), $"gpumlp-study-{Environment.ProcessId}");
        try
        {
            int threads = Environment.ProcessorCount;
            long start = Stopwatch.GetTimestamp();
            SweepSpec study = Presets.Paper;
            Dataset data = DatasetLoader.Load(null);
            DeviceSelection devices = DeviceSelection.Find("device", DeviceRequest.Parse("device", device), threads);
            var run = RunDirectory.OpenOrCreate(folder, Plan.Create(
                study, data.Sha256, data.Inputs, Splitter.SizesOf(data), testSha256: Plan.TestOf(study, data)));
            var workers = new CountedWorkers(new DeviceWorkers(devices, run.Plan, data));
            var clock = new PartClock();
            new SweepRunner(run.Plan, data, run, workers, failFast: true).Run(run.FinishedUnits(), clock, CancellationToken.None);
            double units = Stopwatch.GetElapsedTime(start).TotalSeconds, unitsCpu = Environment.CpuUsage.TotalTime.TotalSeconds;
            (double merge, double mergeCpu) = Merge(gpumlp, folder);
            using JsonDocument info = JsonDocument.Parse(File.ReadAllText(run.RunInfoPath));

            output.WriteLine("# The default study, part by part");
            output.WriteLine();
            output.WriteLine(
                $"Machine: {EpochReport.CpuName()}, {threads} threads; device: {string.Join(", ", devices.Devices)}; "
                + $"{DateTime.UtcNow:yyyy-MM-dd}.");
            output.WriteLine($"Command: `dotnet run -c Release --project perf -- study {device}`.");
            output.WriteLine();
            output.WriteLine("| part | wall s | host CPU s |");
            output.WriteLine("|---|---|---|");
            output.WriteLine($"| data, plan, units | {units:F1} | {unitsCpu:F1} |");
            output.WriteLine($"| `gpumlp merge`: tables, pictures, report | {merge:F1} | {mergeCpu:F1} |");
            foreach (JsonProperty phase in info.RootElement.GetProperty("seconds_by_phase").EnumerateObject())
                output.WriteLine($"| of that: {phase.Name} | {phase.Value.GetDouble():F1} | |");
            output.WriteLine($"| **together** | **{units + merge:F1}** | **{unitsCpu + mergeCpu:F1}** |");
            output.WriteLine();
            output.WriteLine($"Of the units, seconds of the {workers.Count} workers that had them, added up:");
            output.WriteLine();
            output.WriteLine("| part | s |");
            output.WriteLine("|---|---|");
            foreach ((string part, double seconds) in clock.Seconds)
                output.WriteLine($"| {part} | {seconds:F1} |");
            return 0;
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class CountedWorkers(IWorkerSource source) : IWorkerSource
    {
        /// <summary>Those that the sweep was given.</summary>
        public int Count { get; private set; }

        public IReadOnlyList<IUnitWorker> Create(int units)
        {
            IReadOnlyList<IUnitWorker> workers = source.Create(units);
            Count = workers.Count;
            return workers;
        }
    }

    private static (double Wall, double Cpu) Merge(string gpumlp, string folder)
    {
        using Process merge = Process.Start(
            new ProcessStartInfo(gpumlp, ["merge", folder, "--quiet"]) { RedirectStandardOutput = true })!;
        long start = Stopwatch.GetTimestamp();
        double cpu = 0;
        Task<string> told = merge.StandardOutput.ReadToEndAsync();

        // Nobody can ask a process that has ended.
        while (!merge.WaitForExit(20))
            cpu = merge.TotalProcessorTime.TotalSeconds;
        double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
        told.Wait();
        return merge.ExitCode == 0 ? (wall, cpu) : throw new InvalidOperationException($"{gpumlp} merge: exit code {merge.ExitCode}");
    }

    // Units are worked on side by side: each has a clock of its own, and the seconds of all are added up.
    private sealed class PartClock : ISweepObserver
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, double> _seconds = [];
        private readonly Dictionary<int, (string Part, long Since)> _units = [];

        public IReadOnlyDictionary<string, double> Seconds => _seconds;

        public void Worked(WorkUnit slice, string phase, double share)
        {
            lock (_gate)
            {
                long now = Stopwatch.GetTimestamp();
                if (_units.TryGetValue(slice.Id, out (string Part, long Since) at))
                    _seconds[at.Part] = _seconds.GetValueOrDefault(at.Part) + Stopwatch.GetElapsedTime(at.Since, now).TotalSeconds;
                _units[slice.Id] = (phase, now);
            }
        }

        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
        {
        }

        public void UnitDone(UnitResult result)
        {
        }
    }
}
