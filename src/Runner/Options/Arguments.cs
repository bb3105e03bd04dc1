using System.Reflection;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Runner.Help;

namespace GpuMlp.Runner.Options;

/// <summary>From the words of a command line to the options of one command, or to one line that says what is wrong.</summary>
internal static class Arguments
{
    private static readonly Type[] s_verbs =
    [
        typeof(SweepOptions),
        typeof(PlanOptions),
        typeof(RunOptions),
        typeof(StatusOptions),
        typeof(MergeOptions),
        typeof(SlurmOptions),
        typeof(ReportOptions),
        typeof(ExportOptions),
        typeof(SaliencyOptions),
        typeof(BenchOptions),
        typeof(DevicesOptions),
        typeof(VerifyOptions),
    ];

    /// <summary>The names of all commands.</summary>
    public static IReadOnlyList<string> Commands { get; } =
        [.. s_verbs.Select(type => type.GetCustomAttribute<VerbAttribute>()!.Name)];

    /// <summary>The flags of one command, each as typed: <c>--hidden</c>, and whether a value follows it.</summary>
    public static IReadOnlyDictionary<string, bool> Flags(string command) =>
        (from property in s_verbs[Commands.ToList().IndexOf(command)].GetProperties()
         let option = property.GetCustomAttribute<OptionAttribute>()
         where option is not null
         select (Name: "--" + option.LongName, TakesValue: property.PropertyType != typeof(bool)))
        .ToDictionary(flag => flag.Name, flag => flag.TakesValue);

    /// <param name="args">At least one word; help and version are dealt with before.</param>
    /// <exception cref="UserErrorException">An unknown command or flag, a flag without its value, or given twice.</exception>
    public static CommandOptions Parse(string[] args)
    {
        string command = args[0];
        if (!Commands.Contains(command))
        {
            throw new UserErrorException(command.StartsWith('-')
                ? $"{command}: a command comes first, as in `gpumlp sweep {command}`."
                : $"{command}: unknown command; {Suggestion.For(command, Commands) ?? "`gpumlp help` lists them."}");
        }

        IReadOnlyDictionary<string, bool> flags = Flags(command);
        CheckCharacters(args, flags);
        CheckValues(args, flags);
        using Parser parser = new(settings =>
        {
            settings.AutoHelp = false;
            settings.AutoVersion = false;
            settings.HelpWriter = null;
        });
        ParserResult<object> result = parser.ParseArguments(args, s_verbs);
        if (result.Errors.FirstOrDefault() is { } error)
        {
            throw new UserErrorException(Describe(error, command, args));
        }

        CommandOptions options = (CommandOptions)result.Value;
        if (options is RunFolderOptions folder)
        {
            folder.TakeRun(command);
        }

        if (options.Stray.FirstOrDefault() is { } stray)
        {
            string hint = Suggestion.For("--" + stray, flags.Keys) ?? "values follow their flag, without spaces in a list.";
            throw new UserErrorException($"{stray}: belongs to no flag of {command}; {hint}");
        }

        return options;
    }

    /// <summary>No command has a use for control characters, and scripts, logs and messages of one line would break at them.</summary>
    private static void CheckCharacters(string[] args, IReadOnlyDictionary<string, bool> flags)
    {
        int at = Array.FindIndex(args, Quoting.HasControl);
        if (at < 0)
            return;
        string[] parts = args[at].Split('=', 2);
        string before = args[Math.Max(0, at - 1)];
        (string name, string value) = flags.ContainsKey(parts[0]) ? (parts[0], parts[^1])
            : flags.GetValueOrDefault(before) ? (before, args[at])
            : (args[0], args[at]);
        throw new UserErrorException($"{name}: '{OneLine.Of(value)}' must hold no line break or other control character.");
    }

    /// <summary>
    /// The parser takes a flag without its value for one that is not there, and the value of a switch for a stray word.
    /// </summary>
    private static void CheckValues(string[] args, IReadOnlyDictionary<string, bool> flags)
    {
        for (int i = 1; i < args.Length; i++)
        {
            string[] parts = args[i].Split('=', 2);
            if (!flags.TryGetValue(parts[0], out bool takesValue))
            {
                continue;
            }

            if (!takesValue && parts.Length == 2)
            {
                throw new UserErrorException($"{parts[0]}: takes no value.");
            }

            string? value = parts.Length == 2 ? parts[1] : i + 1 < args.Length ? args[i + 1] : null;
            bool isFlag = parts.Length == 1 && value is not null && value.StartsWith("--", StringComparison.Ordinal);
            if (takesValue && (string.IsNullOrWhiteSpace(value) || isFlag))
            {
                throw new UserErrorException($"{parts[0]}: a value must follow, as in `{parts[0]} {HelpText.ExampleOf(parts[0])}`.");
            }
        }
    }

    private static string Describe(Error error, string command, string[] args)
    {
        string flag = AsTyped(error is TokenError token ? token.Token : ((error as NamedError)?.NameInfo.LongName ?? command), args);
        return error switch
        {
            UnknownOptionError =>
                $"{flag}: unknown flag of {command}; {Suggestion.For(flag, Flags(command).Keys) ?? $"`gpumlp {command} --help` lists them."}",
            RepeatedOptionError => $"{flag}: given more than once; join the values with commas.",
            _ => $"{flag}: cannot be read; `gpumlp {command} --help` shows how it is written.",
        };
    }

    /// <summary>The parser reports names without dashes and values; people look for what they typed.</summary>
    private static string AsTyped(string name, string[] args)
    {
        string bare = name.TrimStart('-').Split('=')[0];
        bool isShort = bare.Length == 1 && !args.Any(arg => arg.Split('=')[0] == "--" + bare);
        return (isShort ? "-" : "--") + bare;
    }
}
