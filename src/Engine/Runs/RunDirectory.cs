using System.Globalization;
using System.Text;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// A run on disk. Nothing is locked: every file is written whole under its final name and depends on the plan alone, so
/// several processes may work in one folder; at worst they do a unit twice.
/// </summary>
public sealed class RunDirectory
{
    private const int UnitsPerFolder = 1000;

    private readonly Lazy<RunSources> _sources;
    private RunManifest? _manifest;

    private RunDirectory(string path, Plan plan)
    {
        Path = path;
        Plan = plan;
        _sources = new(() => RunSources.Read(this));
    }

    /// <summary>As given by the user.</summary>
    public string Path { get; }

    public Plan Plan { get; }

    /// <summary>Its plan before <see cref="OpenOrCreate"/> made it grow; null where it did not.</summary>
    public Plan? Before { get; private init; }

    /// <summary>Runs of which it takes models instead of training them.</summary>
    /// <exception cref="UserErrorException">One of them is not there any more (exit 3), or the list is damaged.</exception>
    public RunSources Sources => _sources.Value;

    public string PlanPath => PlanPathIn(Path);

    public string RunInfoPath => In("run.json");

    /// <summary>
    /// Makes a run, or resumes one of the same spec and data, and removes temporary files that dead processes left in it.
    /// A run keeps the plan that it was made with: also when the same sweep would now be cut into other units or shards. A plan with more
    /// of everything makes it grow, see <see cref="RunGrowth"/>.
    /// </summary>
    /// <exception cref="UserErrorException">
    /// Exit 2: the run was made by another plan, the folder holds other things, or it cannot be written. See
    /// <see cref="StorageErrors.Map"/>.
    /// </exception>
    public static RunDirectory OpenOrCreate(string path, Plan plan)
    {
        DuckSession.RefuseUnreadable(path);
        RunDirectory run = new(path, plan);
        AtomicFile.CreateFolder(path);
        try
        {
            if (!File.Exists(run.PlanPath))
            {
                if (Directory.EnumerateFileSystemEntries(path).FirstOrDefault(entry => !AtomicFile.IsTemporary(entry)) is { } stranger
                    && !File.Exists(run.PlanPath))
                {
                    throw new UserErrorException(
                        $"{path}: not a run (no plan.json) but holds {System.IO.Path.GetFileName(stranger)}; "
                            + "must be a new or empty folder for --out");
                }

                AtomicFile.TryCreate(run.PlanPath, stream => PlanJson.Write(plan, stream));
            }

            // Also after creating: another process may have been faster, with another plan.
            Plan old = ReadPlan(run.PlanPath);
            IReadOnlyList<PlanChange> changes = PlanDiff.Between(old, plan);
            bool grows = changes.Count > 0 && RunGrowth.IsGrown(plan, old);
            if (grows)
            {
                RunGrowth.Grow(new(path, old), plan);
            }
            else if (changes.Count > 0)
            {
                string told = string.Join(", ", changes.Select(change => $"{change.Field} {change.Old} -> {change.New}"));
                throw new UserErrorException($"{path} was made by another plan: {told}; use another --out or the old flags");
            }

            run = grows ? new(path, plan) { Before = old } : new(path, old);
            run.Prepare(clean: true);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }

        return run;
    }

    /// <summary>Opens an existing run as it is; writes nothing.</summary>
    /// <exception cref="UserErrorException">There is no run, or its plan is damaged.</exception>
    public static RunDirectory Open(string path) => new(path, ReadPlan(PlanPathIn(path)));

    /// <summary>
    /// The same run with a manifest of its own, for a thread that reads beside a merge, which gives this one another. Reads nothing.
    /// </summary>
    public RunDirectory Beside() => new(Path, Plan);

    /// <summary>Opens an existing run to add to it.</summary>
    /// <param name="clean">Whether temporary files that dead processes left are removed, which takes a list of all files.</param>
    /// <exception cref="UserErrorException">There is no run, its plan is damaged, or it cannot be written.</exception>
    public static RunDirectory OpenForWriting(string path, bool clean)
    {
        RunDirectory run = Open(path);
        try
        {
            run.Prepare(clean);
            return run;
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, path);
        }
    }

    /// <summary><c>units/000/unit-000012.parquet</c></summary>
    public string UnitPath(int id) => System.IO.Path.Combine(UnitFolder(id), $"unit-{id:D6}.parquet");

    /// <summary>
    /// <c>weights/4v9-s42.safetensors</c>; in a run with several variants <c>weights/4v9-s42-b32-e20-i0.03-wd0.001.safetensors</c>
    /// </summary>
    public string WeightsPath(ClassTask task, int seed, int variant = 0) =>
        In(
            "weights",
            Plan.Variants.Count == 1 ? $"{task}-s{seed}.safetensors" : $"{task}-s{seed}-{Plan.Variants[variant].Name}.safetensors");

    /// <summary>
    /// <c>split/4v9-s42.json</c>; of other images or labels than the usual ones <c>split/4v9-s42-whole-n1000-ln0.1.json</c>, with the end
    /// of their variants' names. Variants with the same images share one.
    /// </summary>
    public string SplitPath(ClassTask task, int seed, int variant = 0) =>
        In("split", $"{task}-s{seed}{Plan.Variants[variant].Images.Suffix}.json");

    /// <summary><c>errors/unit-000012.json</c>, see <see cref="UnitErrors"/>.</summary>
    public string ErrorPath(int id) => In("errors", $"unit-{id:D6}.json");

    internal string ClassNamesPath => In(ClassNames.FileName);

    /// <summary>What the classes of the data are called; <see cref="ClassNames.None"/> where the data did not say.</summary>
    /// <exception cref="UserErrorException">The run is not merged, or the file is not the one that it was merged with.</exception>
    public ClassNames ClassNames
    {
        get
        {
            string path = ClassNamesPath;
            if (File.Exists(path) || Manifest.Lists(path))
            {
                Manifest.Check(path);
            }

            return ClassNames.Read(path);
        }
    }

    /// <summary>The same before a merge, as whoever makes the run has written them.</summary>
    public ClassNames ClassNamesToMerge => ClassNames.Read(ClassNamesPath);

    /// <summary>Keeps the names of the classes with the run, so that its tables and report need no data.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void WriteClassNames(ClassNames names)
    {
        if (names.Names.Count > 0)
        {
            AtomicFile.Write(ClassNamesPath, stream => stream.Write(Encoding.UTF8.GetBytes(string.Join('\n', names.Names) + '\n')));
        }
    }

    /// <summary>What the merge made of the run, to read it back by.</summary>
    /// <exception cref="UserErrorException">Not merged (exit 3), or of another run (exit 2).</exception>
    public RunManifest Manifest
    {
        get => _manifest ??= RunManifest.Read(this);
        internal set => _manifest = value;
    }

    /// <summary>A folder of the run to write into, which may not be there yet.</summary>
    /// <exception cref="UserErrorException">It is a link: a copy of a run would write into the run that it is a copy of.</exception>
    public string OwnFolder(string name)
    {
        OwnFolders.RefuseLink(In(name));
        return In(name);
    }

    /// <summary>A file of the run's top folder, such as <c>results.csv</c>.</summary>
    public string TablePath(string name) => In(name);

    /// <summary>Finds out whether units can be saved here, before one is trained in vain.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void CheckWritable()
    {
        string probe = In("units", AtomicFile.TemporaryName("probe"));
        try
        {
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, Path);
        }
    }

    /// <summary>Saves a finished unit; at once and for good.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void WriteUnit(UnitResult result)
    {
        AtomicFile.CreateFolder(UnitFolder(result.Unit.Id));
        UnitFile.Write(UnitPath(result.Unit.Id), result, Plan.Hash);
        UnitErrors.Clear(ErrorPath(result.Unit.Id));
    }

    /// <summary>Tells why a unit could not be finished.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void WriteError(WorkUnit unit, Exception error) => UnitErrors.Write(ErrorPath(unit.Id), unit, error);

    /// <inheritdoc cref="FinishedUnits(Shard, out IReadOnlyList{string}, Action{int, int})"/>
    public IReadOnlySet<int> FinishedUnits() => FinishedUnits(out _);

    /// <inheritdoc cref="FinishedUnits(Shard, out IReadOnlyList{string}, Action{int, int})"/>
    public IReadOnlySet<int> FinishedUnits(out IReadOnlyList<string> setAside) => FinishedUnits(Shard.Whole, out setAside);

    /// <summary>The ids of all units of a shard that are saved whole. Reads every byte of them.</summary>
    /// <param name="setAside">
    /// One line for each unit file that is torn, damaged or not of this plan. Such files get the suffix <c>.bad</c> (where the
    /// run can be written), and their units count as not done; a file with that suffix that is right again is taken back.
    /// </param>
    /// <param name="told">Told how many unit files are read, and how many there are; from several threads.</param>
    /// <exception cref="UserErrorException">Exit 2: all units are another plan's; nothing is set aside.</exception>
    public IReadOnlySet<int> FinishedUnits(Shard shard, out IReadOnlyList<string> setAside, Action<int, int>? told = null)
    {
        try
        {
            return UnitScan.Finished(this, shard, out setAside, told);
        }
        catch (AggregateException all) when (all.InnerExceptions.FirstOrDefault(StorageErrors.IsStorage) is { } e)
        {
            throw StorageErrors.MapRead(e, Path);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, Path);
        }
    }

    /// <summary>Every unit file, in the order of names.</summary>
    /// <param name="suffix">Behind the usual name.</param>
    internal IEnumerable<string> UnitFiles(string suffix = "")
    {
        string units = In("units");
        return Directory.Exists(units)
            ? Directory.EnumerateDirectories(units).Order(StringComparer.Ordinal)
                .SelectMany(folder => Directory.EnumerateFiles(folder, $"unit-*.parquet{suffix}").Order(StringComparer.Ordinal))
            : [];
    }

    internal IEnumerable<string> ErrorFiles()
        => Directory.Exists(In("errors")) ? Directory.EnumerateFiles(In("errors"), "unit-*.json").Order(StringComparer.Ordinal) : [];

    /// <inheritdoc cref="UnitFile.Problem"/>
    internal string? ProblemOf(string file, bool endOnly) =>
        IdOf(file) is { } id ? UnitFile.Problem(file, Plan.Hash, Plan.Units[id], endOnly) : "no unit of this plan";

    private void Prepare(bool clean)
    {
        OwnFolders.RefuseLinks(Path);
        foreach (string folder in new[] { "units", "weights", "split" })
        {
            AtomicFile.CreateFolder(In(folder));
        }

        RunPresence.RemoveDead(this);
        if (clean)
        {
            RemoveStale();
        }
    }

    /// <summary>Removes temporary files that dead processes left anywhere in the run.</summary>
    /// <exception cref="UserErrorException">The folder cannot be read.</exception>
    public void RemoveStale()
    {
        try
        {
            IEnumerable<string> units = Directory.Exists(In("units")) ? Directory.EnumerateDirectories(In("units")) : [];
            IEnumerable<string> below = Directory.EnumerateDirectories(Path).Where(folder => !OwnFolders.IsLink(folder));
            foreach (string folder in units.Concat(below).Append(Path))
            {
                AtomicFile.RemoveStale(folder);
            }
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, Path);
        }
    }

    private static string PlanPathIn(string path) => System.IO.Path.Combine(path, "plan.json");

    private static Plan ReadPlan(string path)
    {
        DuckSession.RefuseUnreadable(path);
        try
        {
            using FileStream _ = RegularFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            string? folder = System.IO.Path.GetDirectoryName(path);
            throw new UserErrorException($"{folder}: no plan.json here; it must be the folder of a run", inner: e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }

        return PlanReader.ReadFile(path);
    }

    private string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private string UnitFolder(int id) => In("units", $"{id / UnitsPerFolder:D3}");

    /// <summary>Null for names and places that no unit of the plan has.</summary>
    internal int? IdOf(string file)
    {
        string digits = System.IO.Path.GetFileNameWithoutExtension(file)["unit-".Length..];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            && id < Plan.Units.Count
            && System.IO.Path.GetFullPath(UnitPath(id)) == System.IO.Path.GetFullPath(file)
            ? id
            : null;
    }
}
