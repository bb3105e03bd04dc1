namespace GpuMlp.Engine.Splits;

/// <summary>Reads the value of <c>--tasks</c>.</summary>
public static class TaskList
{
    /// <summary>
    /// Reads <c>0v1,4v9</c>, in that order, or <c>all</c>: every pair i &lt; j, ordered by i, then j. Spaces around items
    /// do not count. <c>4v9</c> and <c>9v4</c> are different tasks: their labels are swapped.
    /// </summary>
    /// <param name="classes">Classes of the data set, 2 or more.</param>
    /// <param name="flag">For messages.</param>
    /// <returns>At least one task, no two equal.</returns>
    /// <exception cref="UserErrorException">Bad syntax, a class that the data set does not have, or a task given twice.</exception>
    public static IReadOnlyList<PairTask> Parse(string text, int classes, string flag = "--tasks")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return text.Trim() == "all" ? All(classes) : ParseItems(text, classes, flag);
    }

    private static List<PairTask> All(int classes)
    {
        var tasks = new List<PairTask>(classes * (classes - 1) / 2);
        for (int first = 0; first < classes; first++)
        {
            for (int second = first + 1; second < classes; second++)
                tasks.Add(new PairTask(first, second));
        }

        return tasks;
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
