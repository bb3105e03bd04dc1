using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Engine.Models;

/// <summary>Reads the value of <c>--tasks</c>.</summary>
public static class TaskList
{
    /// <summary>The text that stands for every pair.</summary>
    public const string EveryPair = "all";

    /// <summary>
    /// Reads <c>0v1,4v9</c>, in that order. Spaces around items do not count. <c>4v9</c> and <c>9v4</c> are different tasks: their
    /// labels are swapped. Where classes have names a task may be written with them, as in <c>catvdog</c>, capital letters or not. What
    /// <see cref="EveryPair"/> stands for is told by <see cref="All"/>.
    /// </summary>
    /// <param name="classes">Classes of the data set, 2 or more.</param>
    /// <param name="flag">For messages.</param>
    /// <param name="names">Theirs; null for none.</param>
    /// <returns>At least one task, no two equal.</returns>
    /// <exception cref="UserErrorException">
    /// Bad syntax, a class that the data set does not have, names that can be read in two ways, or a task given twice.
    /// </exception>
    public static IReadOnlyList<PairTask> Parse(string text, int classes, string flag = "--tasks", ClassNames? names = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return ParseItems(text, classes, flag, names ?? ClassNames.None);
    }

    /// <summary>Every pair i &lt; j of classes that have <see cref="Splitter.FewestImages"/> images, ordered by i, then j.</summary>
    /// <param name="flag">For messages.</param>
    /// <returns>The tasks, and which classes are left out and why, in words; null when none is.</returns>
    /// <exception cref="UserErrorException">Fewer than two classes have images enough.</exception>
    public static (IReadOnlyList<PairTask> Tasks, string? LeftOut) All(Dataset data, string flag = "--tasks")
    {
        int[] classes = [.. Enumerable.Range(0, data.Classes)];
        int[] enough = [.. classes.Where(label => data.ImagesOf[label] >= Splitter.FewestImages)];
        if (enough.Length < 2)
        {
            throw new UserErrorException(
                $"{flag}: {enough.Length} of the {data.Classes} classes of data set '{OneLine.Of(data.Name)}' have images enough; "
                + $"at least {Splitter.FewestImages} of each of two classes are needed.");
        }

        string[] few =
        [
            .. classes.Where(label => data.ImagesOf[label] is > 0 and < Splitter.FewestImages)
                .Select(label => $"{label} ({data.ImagesOf[label]})"),
        ];
        int[] none = [.. classes.Where(label => data.ImagesOf[label] == 0)];
        string[] parts =
        [
            .. few.Length > 0 ? [$"with fewer than {Splitter.FewestImages} images {string.Join(", ", few)}"] : Array.Empty<string>(),
            .. none.Length > 0 ? [$"without images {NumberRanges.Of(none)}"] : Array.Empty<string>(),
        ];
        return (
            [.. from first in enough from second in enough where first < second select new PairTask(first, second)],
            parts.Length > 0 ? $"classes left out: {string.Join("; ", parts)}" : null);
    }

    private static List<PairTask> ParseItems(string text, int classes, string flag, ClassNames names)
    {
        var tasks = new List<PairTask>();
        var seen = new HashSet<PairTask>();
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!PairTask.TryParse(item, out PairTask task))
            {
                PairTask[] named = [.. ByName(item, names)];
                task = named switch
                {
                    [var only] => only,
                    [] => throw new UserErrorException(
                        $"{flag}: '{OneLine.Of(item)}' is not a task; give two different classes as in 4v9, a list as in 0v1,4v9, or all"
                        + (names.Names.Count > 1 ? $", or two names as in {names.Names[0]}v{names.Names[1]}." : ".")),
                    _ => throw new UserErrorException(
                        $"{flag}: '{OneLine.Of(item)}' can be read as {string.Join(" and as ", named)}; must be one of these."),
                };
            }

            int largest = Math.Max(task.First, task.Second);
            if (largest >= classes)
                throw new UserErrorException($"{flag}: {task} names class {largest}, but the data set has classes 0 to {classes - 1}.");
            if (!seen.Add(task))
                throw new UserErrorException($"{flag}: {task} is given twice; give each task once.");
            tasks.Add(task);
        }

        return tasks;
    }

    /// <summary>Reads one task; false for a text that is none, or that names can be read from in two ways.</summary>
    public static bool TryRead(string text, ClassNames names, out PairTask task)
    {
        if (PairTask.TryParse(text, out task))
            return true;
        PairTask[] named = [.. ByName(text, names)];
        task = named.FirstOrDefault();
        return named.Length == 1;
    }

    // Every way to read a text as two names with a v between them: names may hold a v themselves.
    private static IEnumerable<PairTask> ByName(string item, ClassNames names)
    {
        for (int first = 0; first < names.Names.Count; first++)
        {
            for (int second = 0; second < names.Names.Count; second++)
            {
                if (first != second && item.Equals($"{names.Names[first]}v{names.Names[second]}", StringComparison.OrdinalIgnoreCase))
                    yield return new PairTask(first, second);
            }
        }
    }
}
