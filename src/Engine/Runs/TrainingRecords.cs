using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// <c>trained/process.OWNER.PID.RANDOM.json</c>: what one process trained of a run, on what and how fast. Shards do not know of each
/// other, so each leaves its record, and who merges folds them into run.json. Nothing depends on them: a process that is killed
/// leaves none.
/// </summary>
public static class TrainingRecords
{
    /// <summary>In the run's folder; there only between training and merge.</summary>
    internal const string Folder = "trained";

    /// <summary>Leaves a record; a full disk costs the record and nothing else.</summary>
    public static void Write(RunDirectory run, RunInfo record)
    {
        try
        {
            string folder = run.OwnFolder(Folder);
            AtomicFile.CreateFolder(folder);
            record.Write(Path.Combine(folder, AtomicFile.OwnedName("process", ".json")));
        }
        catch (UserErrorException)
        {
            // Whatever keeps this from being written is told where it stops the work.
        }
    }

    /// <summary>Writes run.json: who trained what, with the records that processes left, which are then removed.</summary>
    /// <param name="now">The command that writes it.</param>
    /// <param name="trained">Whether it trained; else an older run.json stays, and gets this command's seconds.</param>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static void Fold(RunDirectory run, RunInfo now, bool trained)
    {
        RunInfo? old = Usable(run, run.RunInfoPath);
        string[] files = Files(run);
        IEnumerable<RunInfo> left = files.Select(file => Usable(run, file)).OfType<RunInfo>();
        RunInfo[] all =
        [
            .. (old?.Trained ?? []).Concat(left).Concat(trained ? [now with { Host = Environment.MachineName }] : [])
                .DistinctBy(record => (record.Host, record.StartedUtc, record.CommandLine)).OrderBy(record => record.StartedUtc),
        ];
        RunInfo top = trained || old is null ? now : old with { SecondsByPhase = Overlaid(old.SecondsByPhase, now.SecondsByPhase) };
        RunInfo folded = top with
        {
            Device = Joined(all.Select(record => record.Device)),
            Driver = Joined(all.Select(record => record.Driver)),
            PlanHash = run.Plan.Hash,
            Table = now.Table ?? top.Table ?? all.Select(record => record.Table).FirstOrDefault(table => table is not null),
            Trained = [.. all.Select(record => record with { Table = null })],
        };
        folded.Write(run.RunInfoPath);
        Array.ForEach(files, TryDelete);
        TryDelete(run.OwnFolder(Folder));
    }

    /// <summary>Whether run.json tells all that there is to tell.</summary>
    public static bool AreFolded(RunDirectory run) => Usable(run, run.RunInfoPath) is not null && Files(run).Length == 0;

    private static string[] Files(RunDirectory run)
    {
        string folder = run.OwnFolder(Folder);
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "process.*.json").Order(StringComparer.Ordinal)] : [];
    }

    private static Dictionary<string, double> Overlaid(IReadOnlyDictionary<string, double> old, IReadOnlyDictionary<string, double> now)
    {
        Dictionary<string, double> seconds = new(old);
        foreach ((string phase, double value) in now)
        {
            seconds[phase] = value;
        }

        return seconds;
    }

    private static string? Joined(IEnumerable<string?> texts) =>
        string.Join(", ", texts.OfType<string>().Distinct()) is { Length: > 0 } joined ? joined : null;

    /// <summary>Null for what is not there, damaged, or of another plan.</summary>
    private static RunInfo? Usable(RunDirectory run, string path)
    {
        try
        {
            return RunInfo.Read(path) is { } info && info.PlanHash == run.Plan.Hash ? info : null;
        }
        catch (UserErrorException)
        {
            return null;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
            }
            else
            {
                File.Delete(path);
            }
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            // Another process has left a record meanwhile, or the file is not ours to delete: the next merge finds it, and once is enough.
        }
    }
}
