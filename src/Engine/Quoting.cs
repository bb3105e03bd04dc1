using System.Text;
using System.Text.RegularExpressions;

namespace GpuMlp.Engine;

/// <summary>Foreign text (paths, flags) as one word for a program that reads a line: bash, or sbatch in its directives.</summary>
public static partial class Quoting
{
    /// <summary>
    /// One word of a bash command, on one line whatever it holds; bash takes it for <paramref name="word"/> exactly. For
    /// scripts and for commands that people copy.
    /// </summary>
    public static string Bash(string word)
    {
        if (Plain().IsMatch(word))
            return word;
        if (!word.Any(char.IsControl))
            return $"'{word.Replace("'", @"'\''")}'";

        // Byte by byte: bash's \u depends on the language of its terminal.
        IEnumerable<string> parts = word.EnumerateRunes().Select(rune => Rune.IsControl(rune)
            ? string.Concat(Encoding.UTF8.GetBytes(rune.ToString()).Select(value => $@"\x{value:x2}"))
            : rune.Value is '\'' or '\\' ? $@"\{rune}" : rune.ToString());
        return $"$'{string.Concat(parts)}'";
    }

    /// <summary>
    /// A value behind <c>#SBATCH --option=</c>. sbatch does not read that line as bash does: it takes an unescaped # for a
    /// comment and an unquoted blank for the value's end, and a backslash escapes any other character.
    /// </summary>
    /// <exception cref="UserErrorException">A line break or another control character, which would end the line or hide in it.</exception>
    public static string Sbatch(string value) =>
        HasControl(value) ? throw new UserErrorException(
            $"'{OneLine.Of(value)}': must hold no control character such as a line break to stand in a script")
        : value.Any(c => char.IsWhiteSpace(c) || c is '#' or '\\' or '"' or '\'')
            ? $"\"{value.Replace(@"\", @"\\").Replace("\"", "\\\"").Replace("#", @"\#")}\""
            : value;

    /// <summary>Whether a script or a line of a log would be broken by this text.</summary>
    public static bool HasControl(string text) => text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029');

    /// <summary>Words with blanks between them, which may be quoted as in a shell; nothing is expanded.</summary>
    /// <returns>Null where a quote is not closed or nothing follows a backslash.</returns>
    public static IReadOnlyList<string>? Split(string text)
    {
        if (!Words().IsMatch(text))
            return null;
        return
        [
            .. Word().Matches(text).Select(word => Piece().Replace(word.Value, piece => piece.Value[0] switch
            {
                '\'' => piece.Value[1..^1],
                '"' => EscapedInQuotes().Replace(piece.Value[1..^1], "$1"),
                _ => piece.Value[1..],
            })),
        ];
    }

    // '=' is plain: no word of ours stands where bash would take it for an assignment.
    [GeneratedRegex(@"\A[A-Za-z0-9_@%+=:,./-]+\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A(?:[^'""\\]|\\.|'[^']*'|""(?:[^""\\]|\\.)*"")*\z", RegexOptions.Singleline)]
    private static partial Regex Words();

    [GeneratedRegex(@"(?:[^\s'""\\]|\\.|'[^']*'|""(?:[^""\\]|\\.)*"")+", RegexOptions.Singleline)]
    private static partial Regex Word();

    [GeneratedRegex(@"\\.|'[^']*'|""(?:[^""\\]|\\.)*""", RegexOptions.Singleline)]
    private static partial Regex Piece();

    // As bash: within double quotes a backslash is itself before other characters.
    [GeneratedRegex(@"\\([""\\$`])")]
    private static partial Regex EscapedInQuotes();
}
