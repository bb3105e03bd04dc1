using GpuMlp.Engine.Fields;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Verbs;

/// <summary>A command: what it is called, what help tells of it, which flags it has and what it does.</summary>
internal abstract class Verb(string name)
{
    public string Name => name;

    /// <summary>For the list of all commands: one text without line breaks.</summary>
    public required string Summary { get; init; }

    /// <summary>The head of its page, wrapped by hand to 80 columns.</summary>
    public required string About { get; init; }

    /// <summary>What its page says below the flags, wrapped by hand.</summary>
    public string Notes { get; init; } = "";

    /// <summary>
    /// Headings of its flags; the last one is that of the flags that name none. Asked for with its page alone: to make the fields of a
    /// sweep takes longer than all else that help does.
    /// </summary>
    public Func<IReadOnlyList<string>> Sections { get; init; } = () => [""];

    /// <summary>All of them, those that are fields at the end.</summary>
    public abstract IReadOnlyList<Flag> Flags { get; }

    /// <summary>The folders of runs that follow it, as help calls them; none for a command that takes none.</summary>
    public abstract IReadOnlyList<string> RunWords { get; }

    /// <summary>The flags under their headings.</summary>
    public string FlagList => HelpPage.Flags(Sections(), Flags);

    /// <summary>What <c>--help</c> prints.</summary>
    public string Page => HelpPage.Join(
        About.TrimEnd(), $"Usage: gpumlp {string.Join(' ', [Name, .. RunWords])} [flags]", FlagList, Notes, HelpPage.ExitCodes);

    /// <summary>From the words of a command line, of which the first is the command.</summary>
    /// <exception cref="Engine.UserErrorException">An unknown flag, a flag without its value, or given twice.</exception>
    public abstract CommandOptions Parse(string[] args);

    /// <param name="options">From <see cref="Parse"/>.</param>
    /// <returns>An exit code.</returns>
    public abstract int Run(CommandOptions options, CommandIo io);
}

/// <summary>A command whose flags are the <see cref="FlagAttribute"/>s of its options, and the fields that these name.</summary>
/// <param name="name">As typed.</param>
/// <param name="body">What it does; returns an exit code.</param>
internal sealed class Verb<TOptions>(string name, Func<TOptions, CommandIo, int> body) : Verb(name)
    where TOptions : CommandOptions, new()
{
    public override IReadOnlyList<Flag> Flags => [.. FlagAttribute.Of(typeof(TOptions)), .. new TOptions().FieldFlags];

    public override IReadOnlyList<string> RunWords => new TOptions() is RunFolderOptions folders ? folders.RunWords : [];

    public override CommandOptions Parse(string[] args) => Arguments.Parse<TOptions>(this, args);

    public override int Run(CommandOptions options, CommandIo io) => body((TOptions)options, io);
}
