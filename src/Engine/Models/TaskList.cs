using System.Diagnostics.CodeAnalysis;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Engine.Models;

/// <summary>Reads the value of <c>--tasks</c>.</summary>
public static class TaskList
{
    /// <summary>The text that stands for every pair.</summary>
    public const string EveryPair = "all";

    /// <summary>The item of a list that stands for one task of all classes.</summary>
    public const string AllClasses = "all-classes";

    // A name may hold a v, so that a text has more readings than anybody has time for.
    private const int MostSteps = 10_000, MostReadings = 4;

    /// <summary>
    /// Reads <see cref="EveryPair"/>, or a list of tasks and <see cref="AllClasses"/>, see
    /// <see cref="Parse(string, int, string, ClassNames?)"/>.
    /// </summary>
    /// <returns>At least one task, no two equal.</returns>
    /// <exception cref="UserErrorException">
    /// As <see cref="Parse(string, int, string, ClassNames?)"/>, or fewer than two classes have images enough.
    /// </exception>
    public static IReadOnlyList<ClassTask> Read(string text, Dataset data, string flag = "--tasks") => text.Trim() == EveryPair
        ? All(data, flag).Tasks
        : ParseItems(text, data.Classes, flag, data.ClassNames, () => Whole(data, flag));

    /// <summary>Which classes <see cref="Read"/> leaves out and why, in words; null when none.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static string? LeftOut(string text, Dataset data, string flag = "--tasks") =>
        text.Split(',', StringSplitOptions.TrimEntries).Any(item => item is EveryPair or AllClasses) ? Enough(data, flag).LeftOut : null;

    /// <summary>
    /// Reads <c>0v1,4v9</c>, in that order. Spaces around items do not count. <c>4v9</c> and <c>9v4</c> are different tasks: their
    /// labels are swapped. Where classes have names a task may be written with them, as in <c>catvdog</c>, capital letters or not.
    /// </summary>
    /// <param name="classes">Classes of the data set, 2 or more.</param>
    /// <param name="flag">For messages.</param>
    /// <param name="names">Theirs; null for none.</param>
    /// <returns>At least one task, no two equal.</returns>
    /// <exception cref="UserErrorException">
    /// Bad syntax, a class that the data set does not have, names that can be read in two ways, or a task given twice.
    /// </exception>
    public static IReadOnlyList<ClassTask> Parse(string text, int classes, string flag = "--tasks", ClassNames? names = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return ParseItems(text, classes, flag, names ?? ClassNames.None, allClasses: null);
    }

    /// <summary>Every pair i &lt; j of classes that have <see cref="Splitter.FewestImages"/> images, ordered by i, then j.</summary>
    /// <param name="flag">For messages.</param>
    /// <returns>The tasks, and which classes are left out and why, in words; null when none is.</returns>
    /// <exception cref="UserErrorException">Fewer than two classes have images enough.</exception>
    public static (IReadOnlyList<ClassTask> Tasks, string? LeftOut) All(Dataset data, string flag = "--tasks")
    {
        (int[] enough, string? leftOut) = Enough(data, flag);
        return (
            [.. from first in enough from second in enough where first < second select new ClassTask(first, second)],
            leftOut);
    }

    /// <summary>One task of every class that has <see cref="Splitter.FewestImages"/> images, ascending.</summary>
    /// <exception cref="UserErrorException">Fewer than two classes have images enough.</exception>
    public static ClassTask Whole(Dataset data, string flag = "--tasks") => new(Enough(data, flag).Classes);

    private static (int[] Classes, string? LeftOut) Enough(Dataset data, string flag)
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
        return (enough, parts.Length > 0 ? $"classes left out: {string.Join("; ", parts)}" : null);
    }

    private static List<ClassTask> ParseItems(
        string text, int classes, string flag, ClassNames names, Func<ClassTask>? allClasses)
    {
        var tasks = new List<ClassTask>();
        var seen = new HashSet<ClassTask>();
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            ClassTask? task = item == AllClasses ? allClasses?.Invoke() : null;
            if (task is null && !ClassTask.TryParse(item, out task))
            {
                ClassTask[] named = [.. ByName(item, names)];
                task = named switch
                {
                    [var only] => only,
                    [] => throw new UserErrorException(
                        $"{flag}: '{OneLine.Of(item)}' is not a task; give different classes as in 4v9 or 0v1v7, a list as in 0v1,4v9, "
                        + $"{EveryPair} or {AllClasses}"
                        + (names.Names.Count > 1 ? $", or names as in {names.Names[0]}v{names.Names[1]}." : ".")),
                    _ => throw new UserErrorException(
                        $"{flag}: '{OneLine.Of(item)}' can be read as {string.Join(" and as ", named.AsEnumerable())}; "
                        + "must be one of these."),
                };
            }

            int largest = task.Classes.Max();
            if (largest >= classes)
                throw new UserErrorException($"{flag}: {task} names class {largest}, but the data set has classes 0 to {classes - 1}.");
            if (!seen.Add(task))
                throw new UserErrorException($"{flag}: {task} is given twice; give each task once.");
            tasks.Add(task);
        }

        return tasks;
    }

    /// <summary>Reads one task; false for a text that is none, or that names can be read from in two ways.</summary>
    public static bool TryRead(string text, ClassNames names, [NotNullWhen(true)] out ClassTask? task)
    {
        if (ClassTask.TryParse(text, out task))
            return true;
        List<ClassTask> named = ByName(text, names);
        task = named is [var only] ? only : null;
        return task is not null;
    }

    // Every way to read a text as names with a v between them, as far as messages tell: names may hold a v themselves.
    private static List<ClassTask> ByName(string item, ClassNames names)
    {
        List<ClassTask> readings = [];
        List<int> classes = [];
        int steps = 0;
        Go(0);
        return readings;

        void Go(int at)
        {
            for (int one = 0; one < names.Names.Count && readings.Count < MostReadings && steps < MostSteps; one++)
            {
                string name = names.Names[one];
                int end = at + name.Length;
                steps++;
                if (name.Length == 0 || classes.Contains(one) || string.Compare(
                    item, at, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) != 0)
                {
                    continue;
                }

                classes.Add(one);
                if (end == item.Length && classes.Count > 1)
                    readings.Add(new ClassTask([.. classes]));
                else if (end < item.Length && item[end] is 'v' or 'V')
                    Go(end + 1);
                classes.RemoveAt(classes.Count - 1);
            }
        }
    }
}
