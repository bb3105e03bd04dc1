namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp report --help</c>.</summary>
internal static class ReportHelp
{
    public static string Page { get; } = HelpText.Join("""
        gpumlp report RUN writes the report of a merged run again: report.html, one file
        that opens offline, with a verdict on every claim of the published study that
        the run can judge, and plots/*.png. It reads the run's tables and run.json.
        Files that are not those of the run's merge, by manifest.json, are refused; a
        table that is gone is told on the page and on stderr, and the exit code is 3.

        Usage: gpumlp report RUN [flags]

          --quiet             nothing but errors
          --verbose           stack traces with errors

        """,
        HelpText.ExitCodes);
}
