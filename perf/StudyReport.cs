using System.Diagnostics;
using System.Text.Json;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Perf;

/// <summary>
/// The default study, part by part: wall-clock seconds and seconds of host CPUs. The units are trained and analysed in this process;
/// <c>gpumlp merge</c> then does the rest in one of its own, as a user would see it. Prints Markdown.
/// </summary>
internal static class StudyReport
{
    private const string Preparing = "splits, images, saving";

    public static int Run(TextWriter output, string device)
    {
        string gpumlp = Path.Combine(AppContext.BaseDirectory, "..", "..", "Runner", Path.GetFileName(
            Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "gpumlp");
        string folder = Path.Combine(Path.GetTempPath(), $"gpumlp-study-{Environment.ProcessId}");
        try
        {
            var clock = new PartClock();
            SweepSpec study = Presets.Paper;
            Dataset data = DatasetLoader.Load(null);
            int threads = Environment.ProcessorCount;
            DeviceSelection devices = DeviceSelection.Find("device", DeviceRequest.Parse("device", device), threads);
            var run = RunDirectory.OpenOrCreate(folder, Plan.Create(
                study, data.Sha256, data.Inputs, task => Splitter.TrainImages(data, task), testSha256: Plan.TestOf(study, data)));
            clock.Begin(Preparing, "data, plan, devices");
            new SweepRunner(run.Plan, data, run, new DeviceWorkers(devices, run.Plan, data), failFast: true)
                .Run(run.FinishedUnits(), clock, CancellationToken.None);
            clock.Begin("", Preparing);

            using Process merge = Process.Start(new ProcessStartInfo(gpumlp, ["merge", folder, "--quiet"]) { RedirectStandardOutput = true })!;
            long start = Stopwatch.GetTimestamp();
            double cpu = 0;
            Task<string> told = merge.StandardOutput.ReadToEndAsync();

            // Nobody can ask a process that has ended.
            while (!merge.WaitForExit(20))
                cpu = merge.TotalProcessorTime.TotalSeconds;
            double wall = Stopwatch.GetElapsedTime(start).TotalSeconds;
            told.Wait();
            if (merge.ExitCode != 0)
                throw new InvalidOperationException($"{gpumlp} merge: exit code {merge.ExitCode}");
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
            foreach ((string part, double seconds, double used) in clock.Parts)
                output.WriteLine($"| {part} | {seconds:F1} | {used:F1} |");
            output.WriteLine($"| `gpumlp merge`, all of it | {wall:F1} | {cpu:F1} |");
            foreach (JsonProperty phase in info.RootElement.GetProperty("seconds_by_phase").EnumerateObject())
                output.WriteLine($"| of that: {phase.Name} | {phase.Value.GetDouble():F1} | |");
            output.WriteLine($"| **together** | **{clock.Parts.Sum(part => part.Wall) + wall:F1}** "
                + $"| **{clock.Parts.Sum(part => part.Cpu) + cpu:F1}** |");
            output.WriteLine();
            output.WriteLine($"Peak memory while training: {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:F0} MB.");
            return 0;
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    // Time goes to the part that was begun last: exact for one worker, a share by turns for several.
    private sealed class PartClock : ISweepObserver
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, (double Wall, double Cpu)> _parts = [];
        private string _part = "";
        private long _since = Stopwatch.GetTimestamp();
        private TimeSpan _cpu = TimeSpan.Zero;

        public IEnumerable<(string Name, double Wall, double Cpu)> Parts =>
            _parts.Select(part => (part.Key, part.Value.Wall, part.Value.Cpu));

        /// <summary>What was spent since the last call belongs to <paramref name="ended"/>.</summary>
        public void Begin(string part, string ended)
        {
            lock (_gate)
            {
                TimeSpan cpu = Environment.CpuUsage.TotalTime;
                (double wall, double used) = _parts.GetValueOrDefault(ended);
                _parts[ended] =
                    (wall + Stopwatch.GetElapsedTime(_since).TotalSeconds, used + (cpu - _cpu).TotalSeconds);
                (_part, _since, _cpu) = (part, Stopwatch.GetTimestamp(), cpu);
            }
        }

        public void Worked(WorkUnit slice, string phase, double share)
        {
            // The end of one part is told before the next one begins; what lies between two units is neither's.
            bool isEnd = share >= 1 && phase != AnalysisList.Training;
            if (phase != _part || isEnd)
                Begin(isEnd ? Preparing : phase, isEnd ? phase : _part);
        }

        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
        {
        }

        public void UnitDone(UnitResult result)
        {
        }
    }
}
