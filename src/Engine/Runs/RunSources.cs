using System.Text.Json;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// <c>sources.json</c>: the runs of which a run takes models instead of training them, be it those that it was before it grew. A model has
/// the same bytes whoever trained it beside whatever others, so that a unit made of taken models is the unit that training makes. They
/// are needed until the last unit is there.
/// </summary>
public sealed class RunSources
{
    /// <summary>In the run's top folder; a run that takes nothing has none.</summary>
    public const string FileName = "sources.json";

    private const int Format = 1;

    // Of missing units in a message of one line.
    private const int LongestList = 200;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
    };

    private readonly Plan _plan;
    private readonly SourceRun[] _sources;
    private readonly bool _mayTrain;

    /// <param name="plan">Of the run that takes.</param>
    /// <param name="sources">Where a model is in several, the first one counts.</param>
    /// <param name="mayTrain">Whether models that no source has are trained; else they are refused.</param>
    /// <exception cref="UserErrorException">A source of other data.</exception>
    internal RunSources(Plan plan, IEnumerable<RunDirectory> sources, bool mayTrain)
    {
        (_plan, _mayTrain) = (plan, mayTrain);
        _sources = [.. sources.Select(source => new SourceRun(source))];
        foreach (RunDirectory source in _sources.Select(source => source.Run))
            CheckAlike(plan, source);
    }

    private sealed record Listing(int Format, bool MayTrain, Entry[] Runs);

    /// <param name="Run">Seen from the run that takes.</param>
    private sealed record Entry(string Run, string PlanHash);

    internal static string Remedy(RunDirectory run) => $"`gpumlp run {Quoting.Bash(run.Path)}` does it again";

    /// <exception cref="UserErrorException">The file is damaged, or a run in it is not there or not the same any more (exit 3).</exception>
    internal static RunSources Read(RunDirectory run)
    {
        Listing listing = ReadFile(run);
        string file = run.TablePath(FileName);
        return new RunSources(run.Plan, listing.Runs.Select(Open), listing.MayTrain);

        RunDirectory Open(Entry entry)
        {
            string path = Path.GetRelativePath(".", Path.Combine(run.Path, entry.Run));
            try
            {
                var source = RunDirectory.Open(path);
                return source.Plan.Hash == entry.PlanHash ? source
                    : throw new UserErrorException(
                        $"{path}: another plan than the one that this run takes models of ({entry.PlanHash[..12]}); put that one back");
            }
            catch (UserErrorException e)
            {
                throw new UserErrorException($"{file}: {e.Message}", ExitCodes.Incomplete, e);
            }
        }
    }

    /// <summary>Adds to the sources of a run, before its units are made.</summary>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    internal static void Add(RunDirectory run, IEnumerable<RunDirectory> sources, bool mayTrain)
    {
        Entry[] more = [.. sources.Select(source => new Entry(
            Path.GetRelativePath(run.Path, source.Path).Replace(Path.DirectorySeparatorChar, '/'), source.Plan.Hash))];
        IEnumerable<Entry> old = ReadFile(run).Runs.Where(entry => more.All(one => one.Run != entry.Run));
        Write(run, new Listing(Format, mayTrain, [.. more, .. old]));
    }

    /// <summary>Leaves some sources alone.</summary>
    /// <param name="keeps">Told each one as seen from the run.</param>
    internal static void Keep(RunDirectory run, Func<string, bool> keeps)
    {
        Listing listing = ReadFile(run);
        Entry[] kept = [.. listing.Runs.Where(entry => keeps(entry.Run))];
        if (kept.Length < listing.Runs.Length)
            Write(run, listing with { Runs = kept });
    }

    /// <summary>Refuses a run that is not there as a whole, without changing anything in it.</summary>
    /// <exception cref="UserErrorException">Units are damaged or missing; the first line of them, exit 3.</exception>
    public static void RequireWhole(RunDirectory run)
    {
        IReadOnlyList<int> missing = RefuseDamaged(run);
        if (missing.Count > 0)
        {
            throw new UserErrorException(
                $"{run.Path}: {missing.Count} of {run.Plan.Units.Count} units are missing ({NumberRanges.Cut(missing, LongestList)}); "
                    + $"`gpumlp run {Quoting.Bash(run.Path)}` does them",
                ExitCodes.Incomplete);
        }
    }

    /// <summary>Refuses a run with unit files that are no good, without changing anything in it.</summary>
    /// <returns>Units without a file, ascending.</returns>
    /// <exception cref="UserErrorException">Exit 3; the message names the first file.</exception>
    internal static IReadOnlyList<int> RefuseDamaged(RunDirectory run)
    {
        (IReadOnlyList<int> missing, IReadOnlyList<string> damaged) = UnitScan.Look(run);
        return damaged.Count == 0 ? missing : throw new UserErrorException(
            $"{damaged[0]}{(damaged.Count > 1 ? $" (and {damaged.Count - 1} more)" : "")}; {Remedy(run)}", ExitCodes.Incomplete);
    }

    /// <summary>The models of a unit, null for one that is to be trained; memory is that of two units.</summary>
    /// <exception cref="UserErrorException">A model may not be trained and is not there, or its unit is damaged (exit 3).</exception>
    public IReadOnlyList<TrainedModel?> ModelsOf(WorkUnit unit)
    {
        var found = new TrainedModel?[unit.ModelCount];
        foreach (SourceRun source in _sources)
        {
            var places = PlacesIn(source, unit).Where(place => found[place.Model] is null).GroupBy(place => place.Unit);
            foreach (var group in places)
            {
                if (source.Read(group.Key) is not { } result)
                    continue;
                foreach ((int model, WorkUnit from, int place) in group)
                    found[model] = source.ModelOf(from, result, place);
            }
        }

        int lacking = Array.IndexOf(found, null);
        return lacking < 0 || _mayTrain ? found : throw new UserErrorException(
            $"{NameOf(unit, lacking)} is not in {Names}; {Remedy(_sources[0].Run)}", ExitCodes.Incomplete);
    }

    /// <summary>Refuses what would have to be trained.</summary>
    /// <param name="remedy">What is told of it.</param>
    /// <exception cref="UserErrorException">Some models of the plan are planned by no source; the message names the first one.</exception>
    internal void RequireAll(string remedy)
    {
        (long lacking, string first) = (0, "");
        foreach (WorkUnit unit in _plan.Units)
        {
            for (int model = 0; model < unit.ModelCount; model++)
            {
                if (Find(unit, model).Any() || lacking++ > 0)
                    continue;
                first = NameOf(unit, model);
            }
        }

        if (lacking > 0)
        {
            string others = lacking > 1 ? $" (and {lacking - 1} more)" : "";
            throw new UserErrorException($"{first}{others} is not in {Names}; {remedy}");
        }
    }

    /// <summary>Refuses models that are in several sources and not the same in each.</summary>
    /// <exception cref="UserErrorException">The message names the first such model and both runs.</exception>
    internal void RequireAgreement()
    {
        foreach (WorkUnit unit in _plan.Units)
        {
            for (int model = 0; model < unit.ModelCount; model++)
            {
                (SourceRun Source, TrainedModel? Trained)[] all = [.. Find(unit, model).Skip(1).Any() ? Read(unit, model) : []];
                foreach ((SourceRun source, TrainedModel? trained) in all.Skip(1))
                {
                    if (!Same(all[0].Trained!.Result, trained!.Result))
                    {
                        throw new UserErrorException(
                            $"{NameOf(unit, model)} is not the same in {all[0].Source.Run.Path} and {source.Run.Path}, which two programs "
                            + "of different versions must have made; one of them must be made again");
                    }
                }
            }
        }
    }

    private IEnumerable<(SourceRun Source, WorkUnit Unit, int Place)> Find(WorkUnit unit, int model) =>
        from source in _sources
        let at = source.Find(unit.Task, unit.Seed, _plan.VariantOf(unit), _plan.ModelsOf(unit)[model])
        where at is not null
        select (source, at.Value.Unit, at.Value.Place);

    private IEnumerable<(SourceRun Source, TrainedModel? Trained)> Read(WorkUnit unit, int model) =>
        from at in Find(unit, model)
        let result = at.Source.Read(at.Unit)
        where result is not null
        select (at.Source, at.Source.ModelOf(at.Unit, result, at.Place));

    private IEnumerable<(int Model, WorkUnit Unit, int Place)> PlacesIn(SourceRun source, WorkUnit unit)
    {
        TrainingVariant variant = _plan.VariantOf(unit);
        IReadOnlyList<ModelSpec> models = _plan.ModelsOf(unit);
        for (int model = 0; model < models.Count; model++)
        {
            if (source.Find(unit.Task, unit.Seed, variant, models[model]) is { } at)
                yield return (model, at.Unit, at.Place);
        }
    }

    private string NameOf(WorkUnit unit, int model)
    {
        ModelKey key = _plan.ModelsOf(unit)[model].KeyOf(unit.Task, unit.Seed, _plan.VariantOf(unit));
        return FormattableString.Invariant($"model {key.Task}, seed {key.Seed}, hidden {key.Hidden}, lr {key.LearningRate:R}, {key.How}");
    }

    private string Names => string.Join(", ", _sources.Select(source => source.Run.Path));

    // What training makes; analyses may differ by what was asked for.
    private static bool Same(ModelResult one, ModelResult other) =>
        new ModelResult(one, RowLists.None, one.Weights) == new ModelResult(other, RowLists.None, one.Weights)
        && one.Weights.W1.AsSpan().SequenceEqual(other.Weights.W1) && one.Weights.B1.AsSpan().SequenceEqual(other.Weights.B1)
        && one.Weights.W2.AsSpan().SequenceEqual(other.Weights.W2) && one.Weights.B2.AsSpan().SequenceEqual(other.Weights.B2)
        && one.State.AsSpan().SequenceEqual(other.State);

    /// <summary>Refuses a run of which models would not be those that this plan trains.</summary>
    internal static void CheckAlike(Plan plan, RunDirectory source)
    {
        Plan other = source.Plan;
        if (other.DataSha256 != plan.DataSha256 || other.TestSha256 != plan.TestSha256)
        {
            throw new UserErrorException(
                $"{source.Path}: a run of other data ({Short(other.DataSha256)}, test {Short(other.TestSha256)}) than "
                + $"{Short(plan.DataSha256)}, test {Short(plan.TestSha256)}; must be one of the same data");
        }

        if (other.Spec.ValidateEvery != plan.Spec.ValidateEvery)
        {
            throw new UserErrorException(
                $"{source.Path}: validate_every is {other.Spec.ValidateEvery}; must be {plan.Spec.ValidateEvery}, as here");
        }
    }

    private static string Short(string? hash) => hash is null ? "none" : hash.Length > 12 ? hash[..12] : hash;

    private static Listing ReadFile(RunDirectory run)
    {
        string path = run.TablePath(FileName);
        try
        {
            Listing? listing = JsonSerializer.Deserialize<Listing>(RegularFile.ReadAllBytes(path), s_json);
            return listing is { Format: Format, Runs: { } runs }
                && Array.TrueForAll(runs, entry => entry is { Run: not null, PlanHash.Length: 64 })
                ? listing
                : throw new JsonException();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new Listing(Format, MayTrain: true, []);
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path}: damaged; without it the command that began the run writes it again", inner: e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    private static void Write(RunDirectory run, Listing listing)
    {
        string path = run.TablePath(FileName);
        if (listing.Runs.Length == 0)
        {
            File.Delete(path);
            return;
        }

        AtomicFile.Write(path, stream =>
        {
            JsonSerializer.Serialize(stream, listing, s_json);
            stream.WriteByte((byte)'\n');
        });
    }
}
