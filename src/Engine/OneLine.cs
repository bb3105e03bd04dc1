namespace GpuMlp.Engine;

/// <summary>Makes foreign text (paths, flags, messages of the system) fit for an error of one line.</summary>
public static class OneLine
{
    /// <summary><paramref name="text"/> with control characters as <c>?</c>, cut to 200 characters.</summary>
    public static string Of(string text)
    {
        // Long enough for usual paths; a pasted file in a flag must not fill the terminal.
        const int Longest = 200;
        string cut = text.Length <= Longest ? text : string.Concat(text.AsSpan(0, Longest), "...");
        return string.Create(cut.Length, cut, static (characters, source) =>
        {
            for (int i = 0; i < source.Length; i++)
                characters[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? '?' : source[i];
        });
    }
}
