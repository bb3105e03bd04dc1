namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp verify --help</c>.</summary>
internal static class VerifyHelp
{
    public static string Page { get; } = HelpText.Join("""
        gpumlp verify shows whether this machine's devices compute rightly: gradients
        against central differences, every kernel against a reference in double, the
        same bits from run to run, for a model alone or among many, and agreement with
        the CPU. Bounds come from the arithmetic and are printed; exit code 4 when
        anything is beyond its bound.

        Usage: gpumlp verify [flags]

          --device auto|cpu|cuda[:I]|opencl[:I]
                              what to verify (default: auto, as sweep takes it)
          --threads N         CPU threads (default: one a core)
          --verbose           stack traces with errors

        """,
        HelpText.ExitCodes);
}
