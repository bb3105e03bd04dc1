using GpuMlp.Engine.Splits;

namespace GpuMlp.Engine.Data;

/// <summary>What people call the classes of a data set, where it says so. For titles; files and columns have numbers alone.</summary>
public sealed class ClassNames(IReadOnlyList<string> names)
{
    /// <summary>Longest name, in characters: longer ones are texts, and no title has room for them.</summary>
    public const int Longest = 60;

    /// <summary>Classes without names.</summary>
    public static ClassNames None { get; } = new([]);

    /// <summary>One a class, in their order; empty when there are none.</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary><c>4 (Coat)</c>, or <c>4</c> without names.</summary>
    public string Of(int number) => number < names.Count ? $"{number} ({names[number]})" : $"{number}";

    /// <summary><c>4 (Coat) v 9 (Ankle boot)</c>, or <c>4v9</c> without names.</summary>
    public string Of(PairTask task) => names.Count > 0 ? $"{Of(task.First)} v {Of(task.Second)}" : $"{task}";

    /// <summary>The same for a task as tables have it; a text that is no task comes back as it is.</summary>
    public string OfTask(string task) => PairTask.TryParse(task, out PairTask parsed) ? Of(parsed) : task;

    /// <summary>Reads the text of <c>classes.txt</c>: one name a line.</summary>
    /// <exception cref="UserErrorException">An empty line, a name that is too long or holds control characters, or not 2 to 256 of them.</exception>
    public static ClassNames Parse(string text, string path)
    {
        string[] lines = text.TrimEnd().Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i].Trim();
            string? problem = lines[i].Length == 0 ? "is empty; each line names one class"
                : lines[i].Any(char.IsControl) ? "holds control characters; a plain name is right"
                : lines[i].Length > Longest ? $"has {lines[i].Length} characters; {Longest} are the most"
                : null;
            if (problem is not null)
                throw new UserErrorException($"'{OneLine.Of(path)}': line {i + 1} {problem}.");
        }

        return lines.Length is >= 2 and <= 256
            ? new ClassNames(lines)
            : throw new UserErrorException($"'{OneLine.Of(path)}' names {lines.Length} classes; 2 to 256 are possible.");
    }
}
