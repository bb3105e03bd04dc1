using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp report RUN</c>.</summary>
[Verb("report")]
internal sealed class ReportOptions : RunFolderOptions
{
    [Option("quiet")]
    public bool Quiet { get; set; }
}
