namespace GpuMlp.Engine.Fields;

/// <summary>A flag of the command line, for the parser and for help.</summary>
/// <param name="Name">As typed: <c>--init-std</c>.</param>
/// <param name="Value">What help calls its value, <c>LIST</c>; empty for a switch, which has none.</param>
/// <param name="Help">One text without line breaks; whoever prints it wraps it.</param>
/// <param name="Example">A value that makes sense after it; empty for a switch.</param>
/// <param name="Section">The heading under which help lists it; empty for the last one.</param>
public sealed record Flag(string Name, string Value, string Help, string Example, string Section)
{
    /// <summary><c>--init-std</c> for the field <c>init_std</c>.</summary>
    public static string NameOf(string field) => $"--{field.Replace('_', '-')}";

    public bool TakesValue => Value.Length > 0;
}
