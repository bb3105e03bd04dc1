using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Report;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp report RUN</c>: plots and report.html from the tables of a run.</summary>
internal static class ReportCommand
{
    internal sealed class Options : RunFolderOptions
    {
        [Option("quiet"), Flag("nothing but errors")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("report", Run)
    {
        Summary = "report.html and plots of a merged run, written again",
        About = """
            gpumlp report RUN writes the report of a merged run again: report.html, one file
            that opens offline, with a verdict on every claim of the published study that
            the run can judge, and plots/*.png. It reads the run's tables and run.json.
            Files that are not those of the run's merge, by manifest.json, are refused; a
            table that is gone is told on the page and on stderr, and the exit code is 3.
            """,
    };

    /// <exception cref="UserErrorException">No run, not merged (exit 3), a table that is not the merge's, a full disk.</exception>
    private static int Run(Options options, CommandIo io)
    {
        var phases = new PhaseClock();
        var run = RunDirectory.Open(options.Run);
        run.RemoveStale();
        (string path, IReadOnlyList<string> unread) = ReportWriter.Write(run);
        foreach (string table in unread)
            io.Error.WriteLine($"gpumlp: left out of the report: {table}");
        if (!options.Quiet)
            io.Error.WriteLine($"report in {phases.Total:F1} s: {path}");
        return unread.Count > 0 ? ExitCodes.Incomplete : ExitCodes.Done;
    }

    /// <summary>Writes the report as the last phase of a command and returns its path.</summary>
    /// <param name="recorded">Whether the command wrote run.json, which then also tells how long the report took.</param>
    public static string Write(RunDirectory run, PhaseClock phases, bool recorded)
    {
        string path = phases.Measure(RunFacts.ReportPhase, () => ReportWriter.Write(run).Path);
        if (recorded)
        {
            RunInfo info = RunInfo.Read(run.RunInfoPath);
            var seconds = new Dictionary<string, double>(info.SecondsByPhase)
            {
                [RunFacts.ReportPhase] = phases.Seconds[RunFacts.ReportPhase]
            };
            (info with { SecondsByPhase = seconds }).Write(run.RunInfoPath);
        }

        return path;
    }
}
