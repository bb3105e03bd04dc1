using System.Reflection;
using CommandLine;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Runner.Verbs;

/// <summary>
/// What help and messages tell of an <see cref="OptionAttribute"/>, whose property is a text, null where the flag is not given, or a
/// switch.
/// </summary>
/// <param name="value">What help calls the value; empty for a switch.</param>
/// <param name="help">One text without line breaks.</param>
/// <param name="example">A value that makes sense; empty for a switch.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class FlagAttribute(string value, string help, string example) : Attribute
{
    /// <summary>A switch.</summary>
    public FlagAttribute(string help)
        : this("", help, "")
    {
    }

    /// <summary>The heading under which help lists it; empty for the last one.</summary>
    public string Section { get; init; } = "";

    /// <summary>The flags of options, those of derived classes first.</summary>
    /// <exception cref="NullReferenceException">An option that says nothing of itself.</exception>
    public static IEnumerable<Flag> Of(Type options) =>
        from property in options.GetProperties()
        let option = property.GetCustomAttribute<OptionAttribute>()
        where option is not null
        select property.GetCustomAttribute<FlagAttribute>()!.Named(option.LongName);

    private Flag Named(string name) => new("--" + name, value, help, example, Section);
}
