using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp bench</c> as typed; null means not given. What they mean is in <see cref="Help.BenchHelp"/>.</summary>
[Verb("bench")]
internal sealed class BenchOptions : CommandOptions
{
    [Option("quick")]
    public bool Quick { get; set; }

    [Option("ops")]
    public string? Ops { get; set; }

    [Option("forms")]
    public string? Forms { get; set; }

    [Option("masks")]
    public string? Masks { get; set; }

    [Option("mask")]
    public string? Mask { get; set; }

    [Option("sparsity")]
    public string? Sparsity { get; set; }

    [Option("hidden")]
    public string? Hidden { get; set; }

    [Option("models")]
    public string? Models { get; set; }

    [Option("batch")]
    public string? Batch { get; set; }

    [Option("device")]
    public string? Device { get; set; }

    [Option("threads")]
    public string? Threads { get; set; }

    [Option("out")]
    public string? Out { get; set; }

    [Option("quiet")]
    public bool Quiet { get; set; }
}
