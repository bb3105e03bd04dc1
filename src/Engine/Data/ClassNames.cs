using System.Globalization;
using System.Text;

namespace GpuMlp.Engine.Data;

/// <summary>What people call the classes of a data set, where it says so. For titles; files and columns have numbers alone.</summary>
public sealed class ClassNames(IReadOnlyList<string> names)
{
    /// <summary>Longest name, in characters: longer ones are texts, and no title has room for them.</summary>
    public const int Longest = 60;

    /// <summary>In a data folder, and in the folder of a run on such data.</summary>
    internal const string FileName = "classes.txt";

    private const int LargestFile = 1 << 20;

    /// <summary>Classes without names.</summary>
    public static ClassNames None { get; } = new([]);

    /// <summary>One a class, in their order; empty when there are none.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary><c>4 (Coat)</c>, or <c>4</c> without a name.</summary>
    public string Of(int number) => IsNamed(number) ? $"{number} ({names[number]})" : $"{number}";

    /// <summary>The same without some names: their classes have numbers alone.</summary>
    public ClassNames Where(Func<string, bool> isKept) => new([.. names.Select(name => isKept(name) ? name : "")]);

    public bool IsNamed(int number) => number < names.Count && names[number].Length > 0;

    /// <summary>The names in a file; <see cref="None"/> when there is none.</summary>
    internal static ClassNames Read(string path)
    {
        if (!File.Exists(path))
            return None;
        try
        {
            // 256 names of a sane length fit many times; a larger file is not a list of classes and is not read.
            return TextBytes.ReadAtMost(path, LargestFile) is { } utf8
                ? Parse(utf8, path)
                : throw new UserErrorException(
                    $"'{OneLine.Of(path)}' is larger than {LargestFile} bytes; it should hold one class name a line.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{OneLine.Of(path)}' cannot be read: {OneLine.Of(fault.Message)}", inner: fault);
        }
    }

    /// <summary>What is wrong with a name, and what it must be; null when nothing is.</summary>
    internal static string? Problem(string name) =>
        name.Any(IsControl) ? "holds control characters; it must be a plain name"
        : name.Contains('\uFFFD') ? "is not UTF-8; the file must be saved as UTF-8"
        : name.Length > Longest ? $"has {name.Length} characters; {Longest} are the most"
        : null;

    /// <summary>Reads the bytes of <c>classes.txt</c>: UTF-8, one name a line.</summary>
    /// <param name="path">For messages.</param>
    /// <exception cref="UserErrorException">
    /// Bytes that are not UTF-8, an empty line, a name that is too long or holds control characters, or not 2 to 256 of them.
    /// </exception>
    public static ClassNames Parse(byte[] utf8, string path)
    {
        string where = $"'{OneLine.Of(path)}'";
        TextBytes.CheckUtf8(utf8, where);
        string[] lines = Encoding.UTF8.GetString(TextBytes.WithoutMark(utf8).Span).TrimEnd().Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i].Trim();
            if ((lines[i].Length == 0 ? "is empty; each line must name one class" : Problem(lines[i])) is { } problem)
                throw new UserErrorException($"{where}: line {i + 1} {problem}.");
        }

        return lines.Length is >= 2 and <= 256
            ? new ClassNames(lines)
            : throw new UserErrorException($"{where} names {lines.Length} classes; 2 to 256 are possible.");
    }

    // Beside those that move the cursor, those that break a line of a table or turn the direction of what follows the name.
    private static bool IsControl(char character) =>
        char.IsControl(character)
        || CharUnicodeInfo.GetUnicodeCategory(character) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || character is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
