using System.Text.RegularExpressions;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Tests;

/// <summary>Runs the command line in this process.</summary>
internal static partial class Cli
{
    public static (int ExitCode, string Out, string Error) Run(params string[] args)
    {
        using StringWriter stdout = new(), stderr = new();
        int exitCode = Program.Run(args, stdout, stderr);
        return (exitCode, stdout.ToString(), stderr.ToString());
    }

    /// <summary>Streams of a command that writes to strings, as if piped.</summary>
    public static CommandIo Piped(TextWriter stdout, TextWriter stderr) =>
        new(stdout, stderr, OutIsTerminal: false, ErrorIsTerminal: false);

    /// <summary>What is seen of a terminal's text: colours are not wide, and whether they are written depends on the environment.</summary>
    public static string WithoutEscapes(string text) => Escape().Replace(text, "");

    public static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');

    /// <summary>
    /// The lines that a command wrote to stderr, but for those of a machine so slow that a phase says how long it has taken.
    /// </summary>
    public static string[] Told(string error) => [.. Lines(error).Where(line => !Duration().IsMatch(line))];

    [GeneratedRegex("^[a-z ]+, [0-9]+:[0-9]{2}$")]
    private static partial Regex Duration();

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Escape();
}
