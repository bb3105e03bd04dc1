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
    /// labels are swapped. What <see cref="EveryPair"/> stands for is told by <see cref="All"/>.
    /// </summary>
    /// <param name="classes">Classes of the data set, 2 or more.</param>
    /// <param name="flag">For messages.</param>
    /// <returns>At least one task, no two equal.</returns>
    /// <exception cref="UserErrorException">Bad syntax, a class that the data set does not have, or a task given twice.</exception>
    public static IReadOnlyList<PairTask> Parse(string text, int classes, string flag = "--tasks")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return ParseItems(text, classes, flag);
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

    private static List<PairTask> ParseItems(string text, int classes, string flag)
    {
        var tasks = new List<PairTask>();
        var seen = new HashSet<PairTask>();
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!PairTask.TryParse(item, out PairTask task))
            {
                throw new UserErrorException(
                    $"{flag}: '{OneLine.Of(item)}' is not a task; give two different classes as in 4v9, a list as in 0v1,4v9, or all.");
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
}
