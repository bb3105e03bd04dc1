using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp run RUN</c>.</summary>
[Verb("run")]
internal sealed class RunOptions : RunFolderOptions
{
    [Option("shard")]
    public string? Shard { get; set; }

    [Option("data")]
    public string? Data { get; set; }

    [Option("device")]
    public string? Device { get; set; }

    [Option("threads")]
    public string? Threads { get; set; }

    [Option("requeue")]
    public bool Requeue { get; set; }

    [Option("max-requeues")]
    public string? MaxRequeues { get; set; }

    [Option("quiet")]
    public bool Quiet { get; set; }

    [Option("fail-fast")]
    public bool FailFast { get; set; }
}
