namespace GpuMlp.Runner.Tests;

/// <summary>Runs the command line in this process.</summary>
internal static class Cli
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

    public static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');
}
