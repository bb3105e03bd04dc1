namespace GpuMlp.Runner.Help;

/// <summary>The page of <c>gpumlp devices --help</c>.</summary>
internal static class DevicesHelp
{
    public const string Page = """
        gpumlp devices lists every accelerator that can be used, with memory, compute
        units and driver; what was skipped, and why; and what --device auto takes:
        CUDA, then an OpenCL GPU, then the CPU. A CPU that OpenCL offers is used only
        when it is asked for.

        Usage: gpumlp devices [--verbose]

          --verbose           stack traces with errors

        """;
}
