using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>What every command takes.</summary>
internal abstract class CommandOptions
{
    [Option("verbose")]
    public bool Verbose { get; set; }

    /// <summary>Whether what it prints is all that the command does.</summary>
    public virtual bool OnlyPrints => false;

    /// <summary>Whether it neither trains nor reads tables, and so does with little memory: on a cluster's login node, say.</summary>
    public virtual bool IsLight => false;

    /// <summary>Words that belong to no flag. Only <see cref="RunFolderOptions"/> take one, but the parser would drop them silently.</summary>
    [Value(0)]
    public IEnumerable<string> Stray { get; set; } = [];
}
