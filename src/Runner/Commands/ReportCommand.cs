using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Report;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp report RUN</c>: plots and report.html from the tables of a run.</summary>
internal static class ReportCommand
{
    internal sealed class Options : WayOptions
    {
        protected override string ChoiceHelp => "of the ways to train that the run has, the one that the page looks at closer, by";

        [Option("target-f1")]
        [Flag(
            "X",
            "mean validation F1 that is enough: the page names the smallest and the fastest models that reach it (default: within 0.01 of "
                + "the best of each task)",
            "0.95")]
        public string? TargetF1 { get; set; }

        [Option("claims"), Flag("judge the published study's claims, also of a sweep that is not the study's")]
        public bool Claims { get; set; }

        [Option("quiet"), Flag("nothing but errors")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("report", Run)
    {
        Summary = "report.html and plots of a merged run, written again",
        About = """
            gpumlp report RUN writes the report of a merged run again: report.html, one file
            that opens offline, and plots/*.png. It reads the run's tables and run.json.
            A preset, and a sweep with the whole grid of the published study in it, gets a
            verdict on each of the study's claims; any other sweep a page of its own: its
            best, smallest and fastest models, and what pruning and corruption cost.
            Files that are not those of the run's merge, by manifest.json, are refused; a
            table that is gone is told on the page and on stderr, and the exit code is 3.
            """,
    };

    /// <exception cref="UserErrorException">No run, not merged (exit 3), a table that is not the merge's, a full disk.</exception>
    private static int Run(Options options, CommandIo io)
    {
        var phases = PhaseClock.OnTerminal(io, options.Quiet);
        ReportChoice choice = new()
        {
            TargetF1 = Target(options.TargetF1),
            Judges = options.Claims ? true : null,
            Training = options.Ways,
        };
        var run = RunDirectory.Open(options.Run);
        choice.Training.Of(run.Plan);
        run.RemoveStale();
        (string path, IReadOnlyList<string> unread) = phases.Measure(RunFacts.ReportPhase, () => ReportWriter.Write(run, choice));
        foreach (string table in unread)
            io.Error.WriteLine($"gpumlp: left out of the report: {table}");
        if (!options.Quiet)
            io.Error.WriteLine($"report in {phases.Total:F1} s: {path}");
        return unread.Count > 0 ? ExitCodes.Incomplete : ExitCodes.Done;
    }

    /// <summary>The value of <c>--target-f1</c>; null for none.</summary>
    /// <exception cref="UserErrorException">It is no F1.</exception>
    public static double? Target(string? text) =>
        text is null ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double target) && target is > 0 and <= 1 ? target
        : throw new UserErrorException($"--target-f1: '{OneLine.Of(text)}' is no F1; must be above 0 and at most 1, as 0.95");

    /// <summary>Writes the report as the last phase of a command and returns its path.</summary>
    /// <param name="recorded">Whether the command wrote run.json, which then also tells how long the report took.</param>
    public static string Write(RunDirectory run, PhaseClock phases, bool recorded, ReportChoice? choice = null)
    {
        string path = phases.Measure(RunFacts.ReportPhase, () => ReportWriter.Write(run, choice).Path);
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
