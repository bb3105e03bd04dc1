using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp merge RUN</c>.</summary>
[Verb("merge")]
internal sealed class MergeOptions : RunFolderOptions
{
    [Option("data")]
    public string? Data { get; set; }

    [Option("quiet")]
    public bool Quiet { get; set; }
}
