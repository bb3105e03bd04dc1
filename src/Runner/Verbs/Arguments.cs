using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Runner.Verbs;

/// <summary>From the words of a command line to the options of its command, or to one line that says what is wrong.</summary>
internal static class Arguments
{
    /// <inheritdoc cref="Verb.Parse"/>
    public static TOptions Parse<TOptions>(Verb verb, string[] args)
        where TOptions : CommandOptions, new()
    {
        Dictionary<string, Flag> flags = verb.Flags.ToDictionary(flag => flag.Name);
        CheckCharacters(args, flags);
        TOptions options = new();
        (string[] others, options.Given) = TakeFields(args, flags, [.. options.FieldFlags.Select(flag => flag.Name)]);
        using Parser parser = new(settings =>
        {
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            settings.HelpWriter = null;
        });
        if (parser.ParseArguments(() => options, others).Errors.FirstOrDefault() is { } error)
            throw new UserErrorException(Describe(error, verb.Name, flags.Keys, args));
        if (options is RunFolderOptions folder)
            folder.TakeRun(verb.Name);
        if (options.Stray.FirstOrDefault() is { } stray)
        {
            string hint = Suggestion.For("--" + stray, flags.Keys) ?? "values follow their flag, without spaces in a list.";
            throw new UserErrorException($"{stray}: belongs to no flag of {verb.Name}; {hint}");
        }

        return options;
    }

    /// <summary>No command has a use for control characters, and scripts, logs and messages of one line would break at them.</summary>
    private static void CheckCharacters(string[] args, Dictionary<string, Flag> flags)
    {
        int at = Array.FindIndex(args, Quoting.HasControl);
        if (at < 0)
            return;
        string[] parts = args[at].Split('=', 2);
        string before = args[Math.Max(0, at - 1)];
        (string name, string value) = flags.ContainsKey(parts[0]) ? (parts[0], parts[^1])
            : flags.TryGetValue(before, out Flag? flag) && flag.TakesValue ? (before, args[at])
            : (args[0], args[at]);
        throw new UserErrorException($"{name}: '{OneLine.Of(value)}' must hold no line break or other control character.");
    }

    /// <summary>
    /// The parser sets properties alone, and fields are a list: their flags are taken out of the line before it sees it. Of all flags
    /// this checks what it does not: it takes a flag without its value for one that is not there, and the value of a switch for a
    /// stray word.
    /// </summary>
    private static (string[] Others, Dictionary<string, string> Given) TakeFields(
        string[] args, Dictionary<string, Flag> flags, HashSet<string> fields)
    {
        List<string> others = [];
        Dictionary<string, string> given = [];
        HashSet<string> seen = [];
        for (int i = 1; i < args.Length; i++)
        {
            string[] parts = args[i].Split('=', 2);
            if (!flags.TryGetValue(parts[0], out Flag? flag))
            {
                others.Add(args[i]);
                continue;
            }

            if (!flag.TakesValue && parts.Length == 2)
                throw new UserErrorException($"{flag.Name}: takes no value.");
            string? value = !flag.TakesValue ? "" : parts.Length == 2 ? parts[1] : i + 1 < args.Length ? args[i + 1] : null;
            bool isFlag = parts.Length == 1 && value is not null && value.StartsWith("--", StringComparison.Ordinal);
            if (flag.TakesValue && (string.IsNullOrWhiteSpace(value) || isFlag))
                throw new UserErrorException($"{flag.Name}: a value must follow, as in `{flag.Name} {flag.Example}`.");
            if (!seen.Add(flag.Name))
                throw new UserErrorException($"{flag.Name}: given more than once; join the values with commas.");
            string[] words = flag.TakesValue && parts.Length == 1 ? [args[i], args[++i]] : [args[i]];
            if (fields.Contains(flag.Name))
                given[flag.Name] = value!;
            else
                others.AddRange(words);
        }

        return ([.. others], given);
    }

    private static string Describe(Error error, string command, IEnumerable<string> flags, string[] args)
    {
        string flag = AsTyped(error is TokenError token ? token.Token : ((error as NamedError)?.NameInfo.LongName ?? command), args);
        return error is UnknownOptionError
            ? $"{flag}: unknown flag of {command}; {Suggestion.For(flag, flags) ?? $"`gpumlp {command} --help` lists them."}"
            : $"{flag}: cannot be read; `gpumlp {command} --help` shows how it is written.";
    }

    /// <summary>The parser reports names without dashes and values; people look for what they typed.</summary>
    private static string AsTyped(string name, string[] args)
    {
        string bare = name.TrimStart('-').Split('=')[0];
        bool isShort = bare.Length == 1 && !args.Any(arg => arg.Split('=')[0] == "--" + bare);
        return (isShort ? "-" : "--") + bare;
    }
}
