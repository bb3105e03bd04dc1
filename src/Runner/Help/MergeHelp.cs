namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp merge --help</c>.</summary>
internal static class MergeHelp
{
    public static string Page { get; } = HelpText.Join("""
        gpumlp merge RUN writes tables, weights and splits of a run whose units are all
        finished, and prints its tables. With units missing it writes nothing, names
        them with the command that does them, and exits with 3.

        Usage: gpumlp merge RUN [flags]

          --quiet             nothing but errors and the tables
          --verbose           stack traces with errors

        """,
        HelpText.ExitCodes);
}
