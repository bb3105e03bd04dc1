using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp slurm RUN</c>, as typed.</summary>
[Verb("slurm")]
internal sealed class SlurmOptions : RunFolderOptions
{
    [Option("partition")]
    public string? Partition { get; set; }

    [Option("account")]
    public string? Account { get; set; }

    [Option("time")]
    public string? Time { get; set; }

    [Option("mem")]
    public string? Memory { get; set; }

    [Option("cpus")]
    public string? Cpus { get; set; }

    [Option("gres")]
    public string? Gres { get; set; }

    [Option("max-parallel")]
    public string? MaxParallel { get; set; }

    [Option("notice")]
    public string? Notice { get; set; }

    [Option("sbatch-args")]
    public string? SbatchArgs { get; set; }

    [Option("device")]
    public string? Device { get; set; }

    [Option("program")]
    public string? Program { get; set; }

    [Option("max-array-size")]
    public string? MaxArraySize { get; set; }

    [Option("check")]
    public bool Check { get; set; }

    [Option("submit")]
    public bool Submit { get; set; }

    [Option("missing")]
    public bool Missing { get; set; }

    public override bool IsLight => true;
}
