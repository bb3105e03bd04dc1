using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Engine.Runs;

/// <summary>Finds out which units of a run are done, by every byte of their files, and puts aside what is no good.</summary>
internal static class UnitScan
{
    private const string BadSuffix = ".bad";

    // Of other plans in a message of one line.
    private const int MostNamed = 3;

    /// <summary>See <see cref="RunDirectory.FinishedUnits(Shard, out IReadOnlyList{string}, Action{int, int})"/>.</summary>
    public static IReadOnlySet<int> Finished(RunDirectory run, Shard shard, out IReadOnlyList<string> told, Action<int, int>? read)
    {
        List<string> lines = [.. TakeBack(run, shard)];
        string[] files = [.. FilesOf(run, shard)];
        string?[] problems = new string?[files.Length];
        int done = 0;
        read?.Invoke(0, files.Length);
        Parallel.For(0, files.Length, i =>
        {
            problems[i] = run.ProblemOf(files[i], endOnly: false);
            read?.Invoke(Interlocked.Increment(ref done), files.Length);
        });
        if (files.Length > 0 && problems.All(problem => problem is not null))
        {
            RefuseOtherPlan(run);
        }

        lines.AddRange(files.Zip(problems).Where(pair => pair.Second is not null).Select(pair => SetAside(pair.First, pair.Second!)));
        told = lines;
        return files.Zip(problems).Where(pair => pair.Second is null).Select(pair => run.IdOf(pair.First)!.Value).ToHashSet();
    }

    /// <summary>Reads every byte of a run's units and changes nothing.</summary>
    /// <returns>Units without a file, ascending, and a line for each file that is no unit of the plan.</returns>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static (IReadOnlyList<int> Missing, IReadOnlyList<string> Damaged) Look(RunDirectory run)
    {
        try
        {
            string[] files = [.. run.UnitFiles()];
            string?[] problems = new string?[files.Length];
            Parallel.For(0, files.Length, i => problems[i] = run.ProblemOf(files[i], endOnly: false));
            HashSet<int> there = [.. files.Select(run.IdOf).OfType<int>()];
            return (
                [.. run.Plan.Units.Select(unit => unit.Id).Where(id => !there.Contains(id))],
                [.. files.Zip(problems).Where(pair => pair.Second is not null).Select(pair => $"{pair.First}: {pair.Second}")]);
        }
        catch (AggregateException all) when (all.InnerExceptions.FirstOrDefault(StorageErrors.IsStorage) is { } e)
        {
            throw StorageErrors.MapRead(e, run.Path);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, run.Path);
        }
    }

    /// <summary>Renames a unit file that is no good and tells so in one line.</summary>
    public static string SetAside(string file, string problem)
    {
        try
        {
            File.Move(file, file + BadSuffix, overwrite: true);
            return $"{file}: {problem}; set aside as {Path.GetFileName(file)}{BadSuffix}";
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            return $"{file}: {problem}; not used";
        }
    }

    // A shard of many has few of all files: asking for each is cheaper than a list of all.
    private static IEnumerable<string> FilesOf(RunDirectory run, Shard shard) =>
        shard.Count > 1 ? PathsOf(run, shard).Where(File.Exists) : run.UnitFiles();

    private static IEnumerable<string> PathsOf(RunDirectory run, Shard shard) =>
        run.Plan.Units.Where(unit => shard.Holds(unit.Id)).Select(unit => run.UnitPath(unit.Id));

    /// <summary>What was set aside and is right all the same, because the plan or the disk is right again.</summary>
    private static List<string> TakeBack(RunDirectory run, Shard shard)
    {
        List<string> told = [];
        IEnumerable<string> aside = shard.Count > 1
            ? PathsOf(run, shard).Where(path => !File.Exists(path)).Select(path => path + BadSuffix).Where(File.Exists)
            : run.UnitFiles(BadSuffix);
        foreach (string bad in aside.ToList())
        {
            string path = bad[..^BadSuffix.Length];
            try
            {
                if (run.IdOf(path) is { } id && !File.Exists(path) && UnitFile.Problem(bad, run.Plan.Hash, run.Plan.Units[id]) is null)
                {
                    File.Move(bad, path, overwrite: false);
                    told.Add($"{bad}: right for this plan; taken back");
                }
            }
            catch (Exception e) when (StorageErrors.IsStorage(e))
            {
                // Stays aside, and its unit is done again.
            }
        }

        return told;
    }

    /// <summary>
    /// Not one unit is this plan's and some are whole and another's: then the plan is the stranger, and putting aside hours of work
    /// would be the wrong answer to it.
    /// </summary>
    private static void RefuseOtherPlan(RunDirectory run)
    {
        string[] files = [.. run.UnitFiles()];
        string?[] plans = new string?[files.Length];
        Parallel.For(0, files.Length, i => plans[i] = UnitFile.PlanOf(files[i]));
        if (plans.Contains(run.Plan.Hash) || plans.All(plan => plan is null))
        {
            return;
        }

        IEnumerable<string> others = plans.OfType<string>().GroupBy(plan => plan).OrderByDescending(plan => plan.Count())
            .Take(MostNamed).Select(plan => plan.Key[..12]);
        throw new UserErrorException(
            $"{run.PlanPath}: this is plan {run.Plan.Hash[..12]}, but the units here ({files.Length} files) were made by plan "
            + $"{string.Join(", ", others)}; the plan.json that they were made by must be put back, or the units moved away; "
            + "nothing was changed");
    }
}
