using CommandLine;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Runner.Verbs;

/// <summary>What every command takes.</summary>
internal abstract class CommandOptions
{
    [Option("verbose"), Flag("stack traces with errors")]
    public bool Verbose { get; set; }

    /// <summary>Whether what it prints is all that the command does.</summary>
    public virtual bool OnlyPrints => false;

    /// <summary>Whether it neither trains nor reads tables, and so does with little memory: on a cluster's login node, say.</summary>
    public virtual bool IsLight => false;

    /// <summary>Flags that are no properties: those of fields, which the engine declares.</summary>
    public virtual IReadOnlyList<Flag> FieldFlags => [];

    /// <summary>Those of <see cref="FieldFlags"/> that are there, each with its value; empty for a switch.</summary>
    public IReadOnlyDictionary<string, string> Given { get; set; } = new Dictionary<string, string>();

    /// <summary>
    /// Words that belong to no flag. Only <see cref="RunFolderOptions"/> take one, but the parser would drop them silently.
    /// </summary>
    [Value(0)]
    public IEnumerable<string> Stray { get; set; } = [];
}
