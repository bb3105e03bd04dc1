using System.Text;

namespace GpuMlp.Runner.Streams;

/// <summary>Where a command writes: results to <paramref name="Out"/>, progress and errors to <paramref name="Error"/>.</summary>
/// <param name="OutIsTerminal">False when piped or when the terminal cannot do escapes: then plain text only.</param>
/// <param name="ErrorIsTerminal">The same of <paramref name="Error"/>.</param>
internal sealed record CommandIo(TextWriter Out, TextWriter Error, bool OutIsTerminal, bool ErrorIsTerminal)
{
    /// <summary>The process's own streams.</summary>
    public static CommandIo FromConsole()
    {
        // TERM=dumb is how editors and some logs say that escapes would show as rubbish.
        bool escapes = Environment.GetEnvironmentVariable("TERM") is not "dumb";
        if (OperatingSystem.IsWindows())
        {
            // The tables contain "±"; the legacy code pages of Windows consoles lack it or misprint it.
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        }

        return new CommandIo(
            Console.Out,
            Console.Error,
            escapes && !Console.IsOutputRedirected,
            escapes && !Console.IsErrorRedirected);
    }
}
