using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp saliency RUN</c> as typed.</summary>
[Verb("saliency")]
internal sealed class SaliencyOptions : RunFolderOptions
{
    [Option("task")]
    public string? Task { get; set; }

    [Option("seed")]
    public string? Seed { get; set; }

    [Option("hidden")]
    public string? Hidden { get; set; }

    [Option("lr")]
    public string? LearningRate { get; set; }

    [Option("variant")]
    public string? Variant { get; set; }

    [Option("image")]
    public string? Image { get; set; }

    [Option("method")]
    public string? Method { get; set; }

    [Option("pruning")]
    public string? Pruning { get; set; }

    [Option("sparsity")]
    public string? Sparsity { get; set; }

    [Option("data")]
    public string? Data { get; set; }

    [Option("threads")]
    public string? Threads { get; set; }

    [Option("out")]
    public string? Out { get; set; }

    [Option("quiet")]
    public bool Quiet { get; set; }
}
