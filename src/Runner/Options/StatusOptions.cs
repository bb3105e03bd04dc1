using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp status RUN</c>: only those that every command has.</summary>
[Verb("status")]
internal sealed class StatusOptions : RunFolderOptions
{
    public override bool OnlyPrints => true;

    public override bool IsLight => true;
}
