using System.Diagnostics;
using System.Globalization;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Perf;

/// <summary>
/// How plans, status and merge grow with a run, on runs that nobody trained (<see cref="SyntheticRun"/>). Every step is a
/// process of its own, so that its peak memory is its own.
/// </summary>
internal static class ScaleReport
{
    // Units of forty models: with the usual number of units these are 100,000 models.
    private const string JoinWide = "join-wide";

    private const int WideSizes = 20;

    public static int Run(TextWriter writer, int units)
    {
        string root = Directory.CreateTempSubdirectory("gpumlp-scale-").FullName;
        try
        {
            writer.WriteLine("| step | size | seconds | peak MB |");
            writer.WriteLine("|---|---|---|---|");
            foreach (int models in new[] { 10_000, 100_000, 1_000_000 })
            {
                Line(writer, "plan", "models, cohorts of 32", models, Path.Combine(root, $"plan-{models}"));
                Line(writer, "plan-scattered", "models, a unit each", models, Path.Combine(root, $"scattered-{models}"));
            }

            foreach (int size in new[] { units / 100, units / 10, units })
            {
                string run = Path.Combine(root, $"run-{size}");
                SyntheticRun.Finish(run, SyntheticRun.Small(size));
                Line(writer, "status", "finished units", size, run);
                Line(writer, "merge", "finished units", size, run);
                Directory.Delete(run, recursive: true);
            }

            foreach ((string step, int sizes) in new[] { ("join", 2), (JoinWide, WideSizes) })
            {
                string joined = Path.Combine(root, step);
                int size = units / 40;
                for (int half = 0; half < 2; half++)
                    SyntheticRun.Finish($"{joined}-{half}", SyntheticRun.Small((size + half) / 2, half * (size / 2), sizes));
                Line(writer, step, $"units of {2 * sizes} models, of two runs", size, joined);
                Directory.Delete(joined, recursive: true);
            }

            return 0;
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>One step in this process; prints its seconds, without the start of the program.</summary>
    public static int Step(string step, int size, string folder)
    {
        long start = Stopwatch.GetTimestamp();
        switch (step)
        {
            case "plan":
            case "plan-scattered":
                // Made, written, and read back as the next command does.
                RunDirectory.OpenOrCreate(folder, step == "plan" ? SyntheticRun.Million(size) : SyntheticRun.Scattered(size));
                break;
            case "finish":
                SyntheticRun.Finish(folder, SyntheticRun.Small(size));
                break;
            case "status":
                Check(RunStatus.Read(RunDirectory.Open(folder)).Done.Count, size);
                break;
            case "merge":
                Check(RunMerger.Merge(RunDirectory.Open(folder)).Count, 0);
                break;
            case "join":
                Join(folder, SyntheticRun.Small(size));
                break;
            case JoinWide:
                Join(folder, SyntheticRun.Small(size, sizes: WideSizes));
                break;
            default:
                throw new ArgumentException($"no step {step}", nameof(step));
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using var self = Process.GetCurrentProcess();
        double peak = self.PeakWorkingSet64 / 1e6;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} | {peak:0}"));
        return 0;
    }

    private static void Join(string folder, Plan plan)
    {
        RunDirectory[] sources = [RunDirectory.Open(folder + "-0"), RunDirectory.Open(folder + "-1")];
        var run = RunJoin.OpenOrCreate(folder, plan, sources);
        DeviceWorkers workers = new(DeviceSelection.Cpu(1), plan, SyntheticRun.Data);
        new SweepRunner(plan, SyntheticRun.Data, run, workers, failFast: false).Run(run.FinishedUnits(), new Silence(), default);
        Check(RunMerger.Merge(run).Count, 0);
    }

    private sealed class Silence : ISweepObserver
    {
        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics) =>
            throw new InvalidOperationException("a model was trained");

        public void UnitDone(UnitResult result)
        {
        }
    }

    private static void Line(TextWriter writer, string step, string what, int size, string folder)
    {
        string program = Environment.ProcessPath!;
        string[] self = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ScaleReport).Assembly.Location] : [];
        ProcessStartInfo start = new(program, [.. self, "scale-step", step, size.ToString(CultureInfo.InvariantCulture), folder])
        {
            RedirectStandardOutput = true
        };
        using Process process = Process.Start(start)!;
        string answer = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{step} of {size} ended with {process.ExitCode}");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {step.Split('-')[0]} | {size:N0} {what} | {answer} |"));
    }

    private static void Check(int actual, int expected)
    {
        if (actual != expected)
            throw new InvalidOperationException($"{actual} units, {expected} expected");
    }
}
