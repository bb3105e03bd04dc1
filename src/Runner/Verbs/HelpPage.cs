using System.Text;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Runner.Verbs;

/// <summary>Lays out pages of help in 80 columns.</summary>
internal static class HelpPage
{
    private const int Width = 79, TextColumn = 22;

    /// <summary>Below every page.</summary>
    public const string ExitCodes = """
        Exit codes
          0 all done                          4 verification failed
          1 some models failed               70 device absent or lost
          2 bad usage, spec, data or plan    75 interrupted, can be resumed
          3 incomplete                      130 Ctrl-C
        """;

    /// <summary>The parts that are not empty, with an empty line between them.</summary>
    public static string Join(params string[] parts) =>
        string.Join("\n\n", parts.Select(part => part.TrimEnd('\n')).Where(part => part.Length > 0)) + "\n";

    /// <summary>Flags under their headings; the last section has those that name none.</summary>
    /// <param name="sections">In order; an empty heading is not printed.</param>
    public static string Flags(IReadOnlyList<string> sections, IReadOnlyList<Flag> flags)
    {
        StringBuilder page = new();
        foreach (string section in sections)
        {
            page.Append(page.Length > 0 ? "\n" : "").Append(section).Append(section.Length > 0 ? "\n" : "");
            foreach (Flag flag in flags.Where(flag => (flag.Section.Length > 0 ? flag.Section : sections[^1]) == section))
                Entry(page, $"  {flag.Name} {flag.Value}".TrimEnd(), TextColumn, flag.Help);
        }

        return page.ToString();
    }

    /// <summary>A name, and beside it, or below one that is too long, its text wrapped.</summary>
    public static void Entry(StringBuilder page, string head, int column, string text)
    {
        bool fits = head.Length < column;
        page.Append(fits ? head.PadRight(column) : $"{head}\n{new string(' ', column)}");
        int at = column;
        foreach (string word in text.Split(' '))
        {
            if (at > column && at + 1 + word.Length > Width)
            {
                page.Append('\n').Append(' ', column);
                at = column;
            }

            page.Append(at > column ? " " : "").Append(word);
            at += (at > column ? 1 : 0) + word.Length;
        }

        page.Append('\n');
    }
}
