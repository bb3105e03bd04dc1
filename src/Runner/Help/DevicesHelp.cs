namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp devices --help</c>.</summary>
internal static class DevicesHelp
{
    public const string Page = """
        gpumlp devices lists every accelerator seen, what was skipped and why, and
        which one --device auto takes.

        Usage: gpumlp devices [--verbose]

          --verbose           stack traces with errors

        """;
}
