using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp export RUN</c> as typed.</summary>
[Verb("export")]
internal sealed class ExportOptions : RunFolderOptions
{
    [Option("tasks")]
    public string? Tasks { get; set; }

    [Option("seeds")]
    public string? Seeds { get; set; }

    [Option("hidden")]
    public string? Hidden { get; set; }

    [Option("lr")]
    public string? LearningRates { get; set; }

    [Option("sparsity")]
    public string? Sparsity { get; set; }

    [Option("pruning")]
    public string? Pruning { get; set; }

    [Option("format")]
    public string? Format { get; set; }

    [Option("out")]
    public string? Out { get; set; }

    [Option("quiet")]
    public bool Quiet { get; set; }
}
