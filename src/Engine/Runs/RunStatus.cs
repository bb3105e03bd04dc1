using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;

namespace GpuMlp.Engine.Runs;

/// <summary>How far a run is, from its files alone: no scheduler is asked and nothing is written.</summary>
/// <param name="Done">Ids of units with a whole file of this plan, ascending. Only ends of files are looked at, see
/// <see cref="UnitFile.Problem"/>.</param>
/// <param name="Running">Ids of units that a living process tells of, ascending.</param>
/// <param name="Failed">Units that have an errors file, no result, and nobody at work on them.</param>
/// <param name="Missing">Ids of all others, ascending.</param>
/// <param name="Bad">One line for each file that is no unit of this plan; its unit counts as not done.</param>
/// <param name="UnitsPerHour">Lately; null when too few units are done to tell.</param>
/// <param name="ModelsPerSecond">Lately.</param>
/// <param name="Left">At the pace of late; null when unknown or nobody is at work.</param>
public sealed record RunStatus(
    IReadOnlyList<int> Done,
    IReadOnlyList<int> Running,
    IReadOnlyList<UnitError> Failed,
    IReadOnlyList<int> Missing,
    IReadOnlyList<string> Bad,
    IReadOnlyList<ProcessRecord> Processes,
    double? UnitsPerHour,
    double? ModelsPerSecond,
    TimeSpan? Left)
{
    // Long enough for several units of every process, short enough to follow machines that come and go.
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(30);

    public bool IsComplete => Running.Count + Failed.Count + Missing.Count == 0;

    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static RunStatus Read(RunDirectory run)
    {
        try
        {
            return ReadFiles(run);
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

    private static RunStatus ReadFiles(RunDirectory run)
    {
        IReadOnlyList<WorkUnit> units = run.Plan.Units;
        string[] files = [.. run.UnitFiles()];
        string?[] problems = new string?[files.Length];
        DateTime[] times = new DateTime[files.Length];
        Parallel.For(0, files.Length, i =>
        {
            problems[i] = run.ProblemOf(files[i], endOnly: true);
            times[i] = File.GetLastWriteTimeUtc(files[i]);
        });

        // The clock of the machine that wrote last counts where it is ahead of ours.
        DateTime now = DateTime.UtcNow;
        List<(int Id, DateTime At)> done = [];
        List<string> bad = [];
        for (int i = 0; i < files.Length; i++)
        {
            if (problems[i] is { } problem)
            {
                bad.Add($"{files[i]}: {problem}");
                continue;
            }

            done.Add((run.IdOf(files[i])!.Value, times[i]));
            now = times[i] > now ? times[i] : now;
        }

        bool[] open = new bool[units.Count];
        Array.Fill(open, true);
        foreach ((int id, _) in done)
        {
            open[id] = false;
        }

        IReadOnlyList<ProcessRecord> processes = RunPresence.Living(run, now);
        int[] running = [.. processes.SelectMany(process => process.Units).Distinct().Where(id => id >= 0 && id < open.Length && open[id])
            .Order()];
        foreach (int id in running)
        {
            open[id] = false;
        }

        List<UnitError> failed = [.. run.ErrorFiles().Select(UnitErrors.Read).OfType<UnitError>()
            .Where(error => error.Unit >= 0 && error.Unit < open.Length && open[error.Unit])];
        foreach (UnitError error in failed)
        {
            open[error.Unit] = false;
        }

        int[] missing = [.. Enumerable.Range(0, open.Length).Where(id => open[id])];
        (double Units, double Models, double Work)? pace = PaceOf(run.Plan, done);
        double left = missing.Concat(running).Sum(id => WorkOf(run.Plan, units[id]));
        return new RunStatus(
            [.. done.Select(unit => unit.Id)], running, failed, missing, bad, processes,
            pace?.Units * 3600, pace?.Models,
            processes.Count > 0 && pace is { } known && left / known.Work < TimeSpan.MaxValue.TotalSeconds / 2
                ? TimeSpan.FromSeconds(left / known.Work)
                : null);
    }

    /// <summary>A second's units, models and work over the last half hour in which units were finished.</summary>
    private static (double Units, double Models, double Work)? PaceOf(Plan plan, List<(int Id, DateTime At)> done)
    {
        if (done.Count < 2)
        {
            return null;
        }

        DateTime last = done.Max(unit => unit.At);
        (int Id, DateTime At)[] late = [.. done.Where(unit => last - unit.At <= s_window).OrderBy(unit => unit.At)];

        // The first one's own time is unknown, so it is where the clock starts.
        double seconds = (last - late[0].At).TotalSeconds;
        if (late.Length < 2 || seconds <= 0)
        {
            return null;
        }

        WorkUnit[] counted = [.. late.Skip(1).Select(unit => plan.Units[unit.Id])];
        return (counted.Length / seconds, counted.Sum(unit => unit.ModelCount) / seconds, counted.Sum(unit => WorkOf(plan, unit))
            / seconds);
    }

    // The images of the tasks of one data set hardly differ in number.
    private static double WorkOf(Plan plan, WorkUnit unit) => UnitPhase.UsualSeconds(plan, unit);
}
