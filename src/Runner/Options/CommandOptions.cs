using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>What every command takes.</summary>
internal abstract class CommandOptions
{
    [Option("verbose")]
    public bool Verbose { get; set; }

    /// <summary>Arguments that belong to no flag. No command takes any, but the parser would drop them silently.</summary>
    [Value(0)]
    public IEnumerable<string> Stray { get; set; } = [];
}
