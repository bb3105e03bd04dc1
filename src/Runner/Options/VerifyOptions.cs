using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp verify</c>.</summary>
[Verb("verify")]
internal sealed class VerifyOptions : CommandOptions
{
    [Option("device")]
    public string? Device { get; set; }

    [Option("threads")]
    public string? Threads { get; set; }
}
