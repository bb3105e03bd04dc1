using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp devices</c>: only those that every command has.</summary>
[Verb("devices")]
internal sealed class DevicesOptions : CommandOptions
{
    public override bool OnlyPrints => true;

    public override bool IsLight => true;
}
