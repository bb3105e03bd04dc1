using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp status RUN</c>: how far a run is, from its files alone.</summary>
internal static class StatusCommand
{
    internal sealed class Options : RunFolderOptions
    {
        [Option("json"), Flag("the same as one JSON object, for programs")]
        public bool Json { get; set; }

        public override bool OnlyPrints => true;

        public override bool IsLight => true;
    }

    public static Verb Verb { get; } = new Verb<Options>("status", Run)
    {
        Summary = "how far a run is: done, running, failed, missing",
        About = """
            gpumlp status RUN tells which units are done, running, failed and missing, how
            fast they come and how long the rest takes. It reads files only.
            """,
    };

    // A terminal's width, less the names of the lines.
    private const int LongestList = 60;

    // Enough to see what is wrong; the files tell the rest.
    private const int MostErrors = 10;

    /// <exception cref="UserErrorException">No run, or it cannot be read.</exception>
    private static int Run(Options options, CommandIo io)
    {
        var run = RunDirectory.Open(options.Run);
        var status = RunStatus.Read(run);
        Plan plan = run.Plan;
        if (options.Json)
        {
            WriteJson(options.Run, plan, status, io);
            return ExitCodes.Done;
        }

        void Line(string name, string value) => io.Out.WriteLine($"{name,-12}{value}");

        Line("run", options.Run);
        Line("plan", $"{plan.Hash[..12]}, {Count(plan.Units.Sum(unit => (long)unit.ModelCount), "model")} in "
            + $"{Count(plan.Units.Count, "unit")}, {Count(plan.Shards, "shard")}");
        Line("done", $"{Count(status.Done.Count, "unit")} ({Math.Floor(100.0 * status.Done.Count / plan.Units.Count):0} %)");
        Line("running", Units(status.Running) + (status.Processes.Count > 0
            ? $" in {status.Processes.Count} {Plural(status.Processes.Count, "process", "processes")} on {Hosts(status)}"
            : ""));
        Line("failed", Units([.. status.Failed.Select(error => error.Unit)]));
        foreach (UnitError error in status.Failed.Take(MostErrors))
            Line("", $"unit {error.Unit}, {error.Task} seed {error.Seed} on {error.Host}: {error.Error}");
        Line("missing", Units(status.Missing));
        Line("throughput", status.UnitsPerHour is { } units
            ? $"{ProgressText.Number(units)} units an hour, {ProgressText.Number(status.ModelsPerSecond!.Value)} models/s"
            : "unknown before two units are done");
        Line("left", status.IsComplete ? $"nothing; `gpumlp merge {Quoting.Bash(options.Run)}` makes the tables"
            : status.Left is { } left ? ProgressText.Duration(left)
            : status.Processes.Count == 0 ? "nobody is at work" : "unknown");
        foreach (string bad in status.Bad.Take(MostErrors))
            Line("not used", bad);
        if (status.Bad.Count > MostErrors)
            Line("", $"and {status.Bad.Count - MostErrors} files more");
        return ExitCodes.Done;
    }

    private static void WriteJson(string run, Plan plan, RunStatus status, CommandIo io) => JsonText.Write(io.Out, new
    {
        JsonText.Format,
        Run = run,
        PlanHash = plan.Hash,
        Models = plan.Units.Sum(unit => (long)unit.ModelCount),
        Units = plan.Units.Count,
        plan.Shards,
        Complete = status.IsComplete,
        status.Done,
        status.Running,
        Failed = status.Failed.Select(error => new { error.Unit, error.Task, error.Seed, error.Host, error.Error }),
        status.Missing,
        NotUsed = status.Bad,
        Processes = status.Processes.Select(process => new { process.Host, process.Job, process.Shard }),
        status.UnitsPerHour,
        status.ModelsPerSecond,
        SecondsLeft = status.Left?.TotalSeconds,
    });

    private static string Units(IReadOnlyList<int> ids) =>
        ids.Count == 0 ? Count(0, "unit") : $"{Count(ids.Count, "unit")}: {NumberRanges.Cut(ids, LongestList)}";

    private static string Hosts(RunStatus status)
    {
        string[] hosts = [.. status.Processes.Select(process => process.Host).Distinct().Order(StringComparer.Ordinal)];
        return hosts.Length <= 4 ? string.Join(", ", hosts) : $"{hosts.Length} machines";
    }

    private static string Count(long number, string what)
        => $"{number.ToString("N0", CultureInfo.InvariantCulture)} {Plural(number, what, what + "s")}";

    private static string Plural(long number, string one, string many) => number == 1 ? one : many;
}
