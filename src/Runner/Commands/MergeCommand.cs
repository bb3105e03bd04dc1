using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Report;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp merge RUN</c>: the files that users read, from the unit files of a run that is complete.</summary>
internal static class MergeCommand
{
    internal sealed class Options : RunFolderOptions
    {
        [Option("data")]
        [Flag("DIR", "where the plan's data are on this machine; only the pictures need them, and are left out without", "~/fashion")]
        public string? Data { get; set; }

        [Option("json"), Flag("the tables as one JSON object, for programs")]
        public bool Json { get; set; }

        [Option("quiet"), Flag("nothing but errors and the tables")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("merge", Run)
    {
        Summary = "tables, weights and splits of a run whose units are all there",
        About = """
            gpumlp merge RUN writes tables, weights, splits, manifest.json, saliency
            pictures and report of a run whose units are all finished, and prints its
            tables. With units missing it writes nothing, names them with the command
            that does them, and exits with 3.
            """,
    };

    // Of missing units in a message of one line.
    private const int LongestList = 200;

    /// <exception cref="UserErrorException">No run, units missing (exit 3), other data in --data, a full disk.</exception>
    private static int Run(Options options, CommandIo io)
    {
        var phases = new PhaseClock(options.Quiet ? null : io);
        RunDirectory run = phases.Measure("plan", () => RunDirectory.OpenForWriting(options.Run, clean: true));

        // Before the work: a wrong folder must cost nothing.
        Dataset? given = options.Data is { } folder ? phases.Measure("data", () => RunData.Load(run.Plan, folder)) : null;
        Merge(run, phases, io);
        phases.Measure("saliency", told => Draw(run, given, io, told));
        RunSummary summary = phases.Measure("table", () => RunSummary.Of(run));
        Record(run, summary, null, phases, trained: false, given?.Table);
        string report = ReportCommand.Write(run, phases, recorded: true);
        if (options.Json)
            SweepJson.Write([SweepJson.Of(run, summary, null, phases, report)], io);
        else
            summary.Write(run.Plan.Spec, io);
        if (!options.Quiet)
            io.Error.WriteLine($"{summary.Count} models merged in {phases.Total:F1} s; tables, weights and report: {run.Path}");
        return summary.Failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }

    /// <summary>Draws the run's own pictures. They alone need the data, so a run whose data are elsewhere is merged without.</summary>
    /// <returns>Whether they are there.</returns>
    private static bool Draw(RunDirectory run, Dataset? data, CommandIo io, Action<string, int, int> told)
    {
        if (run.Plan.Pictures.Hidden == 0)
            return false;
        try
        {
            data ??= RunData.Load(run.Plan, null);
        }
        catch (UserErrorException e)
        {
            if (!RunPictures.Names(run.Plan).All(name => File.Exists(RunPictures.PathOf(run, name))))
            {
                io.Error.WriteLine(
                    $"no saliency pictures: {e.Message.TrimEnd('.')}; `gpumlp merge {Quoting.Bash(run.Path)} --data DIR` draws them");
            }

            return false;
        }

        RunSheets.Draw(run, data, DeviceFlags.UsualThreads, told: (done, all) => told("", done, all));
        return true;
    }

    /// <summary>Writes tables, weights and splits.</summary>
    /// <exception cref="UserErrorException">Exit 3 with the missing units and the command that does them.</exception>
    public static void Merge(RunDirectory run, PhaseClock phases, CommandIo io)
    {
        // A report follows, and a merge leaves cores idle.
        _ = ReportWarmUp.Begin(run);
        IReadOnlyList<string> setAside = [];
        IReadOnlyList<int> missing = phases.Measure("merge", told => RunMerger.Merge(run, out setAside, told));
        foreach (string line in setAside)
            io.Error.WriteLine(line);
        if (missing.Count > 0)
        {
            throw new UserErrorException(
                $"{run.Path}: {missing.Count} of {run.Plan.Units.Count} units are missing ({NumberRanges.Cut(missing, LongestList)}); "
                    + $"`{CommandFor(run)}` does them",
                ExitCodes.Incomplete);
        }
    }

    /// <summary>What does the units that are missing: where a run came to Slurm by <c>gpumlp slurm</c>, there.</summary>
    private static string CommandFor(RunDirectory run) =>
        File.Exists(Path.Combine(run.Path, SbatchScripts.SweepFile))
            ? $"gpumlp slurm {Quoting.Bash(run.Path)} --missing --submit"
            : $"gpumlp run {Quoting.Bash(run.Path)}";

    /// <summary>Writes run.json, see <see cref="TrainingRecords.Fold"/>.</summary>
    /// <param name="devices">What this command trained on; null for none.</param>
    /// <param name="trained">Whether this command trained anything.</param>
    /// <param name="table">Of the data; null for none, or where this command has not loaded them.</param>
    public static void Record(
        RunDirectory run, RunSummary summary, DeviceSelection? devices, PhaseClock phases, bool trained, TableFacts? table)
    {
        string simd = $"{(int)SimdSupport.Best} bit";
        var now = RunInfo.Create(
            Environment.CommandLine, devices, simd, phases.StartedUtc, phases.Seconds, summary.Count - summary.Failed, summary.Failed);
        TrainingRecords.Fold(run, now with { Table = table }, trained);
    }
}
