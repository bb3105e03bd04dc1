using System.Text.Json;
using System.Text.Json.Serialization;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>What one process tells about itself while it works on a run.</summary>
/// <param name="Shard">As in <c>3/8</c>.</param>
/// <param name="Job">Of the scheduler; null outside of one.</param>
/// <param name="Units">In flight.</param>
/// <param name="UnitsDone">Finished by this process.</param>
public sealed record ProcessRecord(
    string Shard, string Host, int Process, string? Job, DateTime StartedUtc, IReadOnlyList<int> Units, int UnitsDone);

/// <summary>
/// <c>running/shard-3.OWNER.PID.RANDOM.json</c>: says that a process works on a run, for <c>status</c> to read. Written anew
/// every <see cref="s_beat"/> and removed at the end; nothing depends on it, so that a full disk or a crash costs a line of
/// status and nothing else.
/// </summary>
public sealed class RunPresence : ISweepObserver, IDisposable
{
    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(15);

    // Several beats, and the seconds by which clocks of machines and file servers may differ.
    private static readonly TimeSpan s_silent = TimeSpan.FromMinutes(2);

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly ISweepObserver _inner;
    private readonly string _path;
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private readonly HashSet<int> _units = [];
    private ProcessRecord _record;
    private int _models, _failedModels;
    private bool _ended;

    /// <param name="job">The scheduler's name for this process, if there is one.</param>
    /// <param name="inner">Hears everything that this hears.</param>
    public RunPresence(RunDirectory run, Shard shard, string? job, ISweepObserver inner)
    {
        _inner = inner;
        _record = new(shard.ToString(), Environment.MachineName, Environment.ProcessId, job, DateTime.UtcNow, [], 0);
        string folder = FolderOf(run);
        _path = Path.Combine(folder, AtomicFile.OwnedName($"shard-{shard.Index}", ".json"));
        try
        {
            AtomicFile.CreateFolder(folder);
        }
        catch (UserErrorException)
        {
            // Whoever cannot make a folder here will be told so by the first unit.
        }

        _timer = new Timer(_ => Beat(), null, TimeSpan.Zero, s_beat);
    }

    public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
    {
        lock (_gate)
        {
            _units.Add(slice.Id);
        }

        _inner.EpochDone(slice, metrics);
    }

    public void Worked(WorkUnit slice, string phase, double share) => _inner.Worked(slice, phase, share);

    public void UnitDone(UnitResult result)
    {
        lock (_gate)
        {
            _units.Remove(result.Unit.Id);
            _record = _record with { UnitsDone = _record.UnitsDone + 1 };
            _models += result.Models.Count;
            _failedModels += result.Models.Count(model => model.Status != Statuses.Ok);
        }

        _inner.UnitDone(result);
    }

    public void UnitFailed(WorkUnit unit, string error)
    {
        lock (_gate)
        {
            _units.Remove(unit.Id);
        }

        _inner.UnitFailed(unit, error);
    }

    /// <summary>What this process has finished.</summary>
    public (int Units, int ModelsOk, int ModelsFailed) Done
    {
        get
        {
            lock (_gate)
            {
                return (_record.UnitsDone, _models - _failedModels, _failedModels);
            }
        }
    }

    /// <summary>The process is done with the run, for whatever reason.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _ended = true;
            TryDelete(_path);
        }
    }

    /// <summary>The processes that told of themselves lately.</summary>
    /// <param name="now">Of a clock that may differ by seconds from those of the other machines.</param>
    public static IReadOnlyList<ProcessRecord> Living(RunDirectory run, DateTime now)
    {
        List<ProcessRecord> living = [];
        foreach (string file in Files(run))
        {
            try
            {
                if (!AtomicFile.IsOfDeadProcess(file) && now - File.GetLastWriteTimeUtc(file) < s_silent
                    && JsonSerializer.Deserialize<ProcessRecord>(RegularFile.ReadAllBytes(file), s_json) is { } record)
                {
                    living.Add(record);
                }
            }
            catch (Exception e) when (e is JsonException || StorageErrors.IsStorage(e))
            {
                // Gone meanwhile, or not ours.
            }
        }

        return living;
    }

    /// <summary>Removes what killed processes left.</summary>
    internal static void RemoveDead(RunDirectory run)
    {
        foreach (string file in Files(run))
        {
            if (AtomicFile.IsOfDeadProcess(file) || DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > TimeSpan.FromHours(1))
            {
                TryDelete(file);
            }
        }
    }

    private static string FolderOf(RunDirectory run) => Path.Combine(run.Path, "running");

    private static string[] Files(RunDirectory run) =>
        Directory.Exists(FolderOf(run)) ? Directory.GetFiles(FolderOf(run), "shard-*.json") : [];

    private void Beat()
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            try
            {
                ProcessRecord record = _record with { Units = [.. _units.Order()] };
                AtomicFile.Write(_path, JsonSerializer.SerializeToUtf8Bytes(record, s_json));
            }
            catch (UserErrorException)
            {
                // Work goes on untold.
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            // Counts as silent soon.
        }
    }
}
