using GpuMlp.Engine;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Commands;

/// <summary>From flags to a plan: preset or spec file first, then what the flags change.</summary>
internal sealed record SweepPlanning(Plan Plan, Dataset Data, string Out)
{
    private const string DefaultPreset = "paper", RunsFolder = "runs";

    // Of the tasks: which were chosen where nobody named any, and which classes have too few images.
    private string? Note { get; init; }

    /// <summary>
    /// What messages call a field of spec files: the flag, or where no flag gives it and a spec file was named, that file and the field.
    /// </summary>
    public Func<string, string> Name { get; private init; } = _ => "";

    /// <summary>Of one of several sweeps in a file; null for one alone.</summary>
    public string? SweepName { get; private init; }

    /// <summary>The sweeps that a command line asks for: one, or those of a spec file that has several, in its order.</summary>
    /// <exception cref="UserErrorException">A flag, a file or the data is not right; then none of them can be begun.</exception>
    /// <param name="loaded">Data that are there already.</param>
    public static IReadOnlyList<SweepPlanning> All(SweepCommand.Options options, Dictionary<DataRequest, Dataset>? loaded = null)
    {
        if (options.Preset is not null && options.Spec is not null)
            throw new UserErrorException("--spec: cannot be combined with --preset; give one of them.");
        List<SpecEntry?> entries = options.Spec is { } file ? [.. SpecFile.Read(file)] : [null];
        loaded ??= [];
        SweepPlanning[] all = [.. entries.Select(entry => From(options, entry, isOneOfSeveral: entries.Count > 1, loaded))];
        HashSet<string> folders = [];
        foreach (SweepPlanning planning in all)
        {
            if (!folders.Add(Path.TrimEndingDirectorySeparator(Path.GetFullPath(planning.Out))))
                throw new UserErrorException($"{options.Spec}: {planning.SweepName}: {planning.Out} is another sweep's folder too");
        }

        return all;
    }

    /// <param name="entry">Of the spec file; null where there is none.</param>
    /// <param name="loaded">Several sweeps share them.</param>
    private static SweepPlanning From(
        SweepCommand.Options options, SpecEntry? entry, bool isOneOfSeveral, Dictionary<DataRequest, Dataset> loaded)
    {
        SweepSpec start = entry?.Spec ?? Presets.Get("--preset", options.Preset ?? DefaultPreset);
        IReadOnlyList<string>? only = Only(options);
        start = only is null ? start : start.Only(only);
        string? folder = options.Given.GetValueOrDefault("--data");
        SweepSpec read = TrainingFields.OfTables.Aggregate(start, (changed, field) =>
            options.Given.TryGetValue(field.FlagName, out string? text) ? field.Take(changed, text) : changed);
        DataRequest request = folder is null ? read.Request : read.Request with { Source = folder };
        if (!loaded.TryGetValue(request, out Dataset? data))
            loaded.Add(request, data = DatasetLoader.Load(request));
        if (folder is null && entry?.DataSha256 is { } hash && hash != data.Sha256)
        {
            throw new UserErrorException(
                $"{options.Spec}: data_sha256: {start.Data} holds other data than the plan was made for; --data must say which to take");
        }

        bool Gives(string field) =>
            AnalysisList.Fields.Any(one => (one.Name == field || one.PartOf == field) && options.Given.ContainsKey(one.FlagName));
        string Called(string field) => entry is not null && !Gives(field) ? entry.PlaceOf(field) : Flag.NameOf(field);
        if (entry?.Says("corruption") != true)
            start = start with { Corruptions = [.. start.Corruptions.Where(one => one.Kind.Directions <= data.Directions)] };
        (IReadOnlyList<ClassTask> tasks, bool usual, string? note) = Tasks(start, entry, options, data);
        SweepSpec spec = Changed(AnalysisList.Fields, start with { Tasks = tasks }, options, data, entry);

        // The levels of the study come along where nobody has named any, and its own sweeps alone keep them.
        bool isPreset = options.Preset is not null || entry?.IsOfPreset == true;
        if (!isPreset && ReferenceEquals(spec.Sparsity, Presets.Paper.Sparsity) && !StudySweep.Is(spec))
            spec = spec with { Sparsity = Presets.UsualSparsity };
        bool embeds = Gives("embedding") || (entry?.Says("embedding") == true && !Gives("tasks"));
        spec = Fitted(spec, Gives, embeds, keepsRates: entry is not null || usual);
        SpecValidator.CheckData(spec, data, Called);
        CheckAsked(spec, only ?? [], _ => "--analyses");
        CheckAsked(spec, only is null ? entry?.Analyses ?? [] : [], _ => entry!.PlaceOf(SpecFile.Analyses));
        PictureChoice usualPictures = PictureChoice.Usual(spec);
        PictureChoice pictures = options.TrainOnly ? usualPictures with { Hidden = 0 }
            : Changed(PictureChoice.Fields, entry?.PicturesOf(usualPictures, spec) ?? usualPictures, options, data);
        if (!pictures.IsOf(spec))
        {
            string field = PictureChoice.Fields[0].Name;
            bool isOfFile = entry?.Says(field) == true && !options.Given.ContainsKey(Flag.NameOf(field));
            string place = isOfFile ? entry!.PlaceOf(field) : Flag.NameOf(field);
            throw new UserErrorException(
                $"{place}: no model has {pictures.Hidden} hidden units; it must be one of {string.Join(", ", spec.Hidden)}, "
                + "or 0 for no panels");
        }

        Plan plan = Plan.Create(
            spec, data.Sha256, data.Inputs, Splitter.SizesOf(data, Called), name: Called, testSha256: Plan.TestOf(spec, data));
        plan = plan with { Pictures = pictures };
        return new SweepPlanning(plan, data, FolderOf(plan, options, entry, isOneOfSeveral))
        {
            Note = note,
            Name = Called,
            SweepName = isOneOfSeveral ? entry!.Name : null,
        };
    }

    /// <summary>
    /// Says on stderr what was chosen for people, or left out; after everything that may be refused, so that a refusal is one line.
    /// </summary>
    public void Tell(bool quiet, CommandIo io)
    {
        if (quiet)
            return;
        if (Note is not null)
            io.Error.WriteLine(Note);
        if (Data.Table is { } table)
            io.Error.WriteLine(table);
    }

    /// <summary>A line that tells one of several sweeps from the others; nothing where there is one.</summary>
    public void WriteHead(TextWriter writer)
    {
        if (SweepName is not null)
            writer.WriteLine($"{SweepName} ({Out})");
    }

    // Flags, and below them what a spec file says as flags do.
    private static TOwner Changed<TOwner>(
        IReadOnlyList<Field<TOwner>> fields, TOwner owner, SweepCommand.Options options, Dataset data, SpecEntry? entry = null)
        where TOwner : new() =>
        fields.Aggregate(
            owner, (changed, field) => options.Given.TryGetValue(field.FlagName, out string? text)
                ? field.Take(changed, text, data)
                : field.PartOf is null && entry?.Texts.TryGetValue(field.Name, out text) == true
                    ? field.Take(changed, text!, data, entry.PlaceOf(field.Name))
                : changed);

    // Several sweeps have a folder in a folder each.
    private static string FolderOf(Plan plan, SweepCommand.Options options, SpecEntry? entry, bool isOneOfSeveral) =>
        !isOneOfSeveral ? options.Out ?? entry?.Out ?? Path.Combine(RunsFolder, NameOf(plan, options, entry?.Name))
        : options.Out is { } above ? Path.Combine(above, entry!.Name!)
        : entry!.Out ?? Path.Combine(RunsFolder, FileName(options.Spec!), NameOf(plan, options, entry.Name));

    // The plan of a run is called as its folder is.
    private static string FileName(string path) =>
        Path.GetFileName(path) == "plan.json" && Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) is { Length: > 0 } run
            ? run
            : Path.GetFileNameWithoutExtension(path);

    // A preset's name is for the preset as it is: another sweep has a folder of its own, so that it never meets the study's.
    private static string NameOf(Plan plan, SweepCommand.Options options, string? name)
    {
        const int MostTasks = 2, HashDigits = 6;
        bool changed = options.TrainOnly || options.Analyses is not null || options.Given.ContainsKey("--data")
            || AnalysisList.Fields.Any(field => options.Given.ContainsKey(field.FlagName));
        if (!changed)
            return name ?? (options.Spec is { } path ? FileName(path) : options.Preset ?? DefaultPreset);
        if (name is not null)
            return $"{name}-{plan.Hash[..HashDigits]}";
        IReadOnlyList<ClassTask> tasks = plan.Spec.Tasks;
        return (tasks.Count > MostTasks ? $"{tasks.Count}-tasks" : string.Join('-', tasks)) + "-" + plan.Hash[..HashDigits];
    }

    /// <summary>The analyses that <c>--analyses</c> or <c>--train-only</c> leaves; null for all of the preset or file.</summary>
    /// <exception cref="UserErrorException">A name that is none, or a flag that belongs to what is left out.</exception>
    private static IReadOnlyList<string>? Only(SweepCommand.Options options)
    {
        if (options.TrainOnly)
        {
            string? other = options.Analyses is not null ? "--analyses"
                : PictureChoice.Fields.Select(field => field.FlagName).FirstOrDefault(options.Given.ContainsKey);
            if (other is not null)
                throw new UserErrorException($"{other}: cannot be combined with --train-only; give one of them.");
        }

        string? text = options.TrainOnly ? "none" : options.Analyses;
        if (text is null)
            return null;
        string flag = options.TrainOnly ? "--train-only" : "--analyses";
        IReadOnlyList<string> only = text.Trim() == "none" ? [] : AnalysisList.Item.Parse(flag, text);
        foreach (Field<SweepSpec> field in AnalysisList.Fields.Where(field => options.Given.ContainsKey(field.FlagName)))
        {
            if (AnalysisList.LeavesOut(only, field) is { } name)
                throw new UserErrorException($"{field.FlagName}: belongs to {name}, which {flag} leaves out; must be without one of them");
        }

        return only;
    }

    // Who names an analysis that is left with nothing to do has meant something else.
    private static void CheckAsked(SweepSpec spec, IReadOnlyList<string> only, Func<string, string> place)
    {
        foreach (string name in only)
        {
            (bool isIn, IReadOnlyList<Field<SweepSpec>> fields) = spec.Asks(name);
            if (!isIn)
            {
                throw new UserErrorException(
                    $"{place(name)}: {name} has nothing to do; must have {fields[0].FlagName} as well, or be left out");
            }
        }
    }

    /// <summary>What nobody named follows what somebody named.</summary>
    private static SweepSpec Fitted(SweepSpec spec, Func<string, bool> gives, bool embeds, bool keepsRates)
    {
        // No level means no pruning, whatever methods the preset has; methods asked for by name are a contradiction.
        if (gives("sparsity") && spec.Sparsity.Count == 0 && !gives("pruning"))
            spec = spec with { Pruning = [] };
        if (gives("finetune_epochs") && spec.FinetuneEpochs == 0 && !gives("rewind"))
            spec = spec with { Rewind = false };
        if (spec.HasSoftmax && !gives("similarity"))
            spec = spec with { Similarity = [] };
        if (gives("rounds") && spec.Rounds == 0)
            spec = WithoutRounds(spec, gives);
        if (!embeds)
            spec = spec.WithFittedEmbedding(otherData: spec.Data != SweepSpec.EmbeddedName);

        // Who asks for tasks or rates asks for these alone; the study's hard pair is one of digits.
        return keepsRates && !gives("tasks") && !gives("lr") ? spec : spec.WithoutRates();
    }

    private static SweepSpec WithoutRounds(SweepSpec spec, Func<string, bool> gives)
    {
        SweepSpec usual = new();
        return spec with
        {
            PrunePerRound = gives("prune_per_round") ? spec.PrunePerRound : usual.PrunePerRound,
            RewindTo = gives("rewind_to") ? spec.RewindTo : usual.RewindTo,
            RoundRanking = gives("round_ranking") ? spec.RoundRanking : usual.RoundRanking,
        };
    }

    /// <summary>
    /// The study's five pairs are pairs of digits: where nobody has named tasks, data without images enough of one of these classes
    /// are taken whole.
    /// </summary>
    /// <returns>Also whether the tasks are those of the preset or file, and what there is to tell.</returns>
    private static (IReadOnlyList<ClassTask> Tasks, bool Usual, string? Note) Tasks(
        SweepSpec start, SpecEntry? entry, SweepCommand.Options options, Dataset data)
    {
        if (options.Given.TryGetValue("--tasks", out string? text))
        {
            string? leftOut = TaskList.LeftOut(text, data);
            return (start.Tasks, false, leftOut is null ? null : $"--tasks {text.Trim()}: {leftOut}");
        }

        if (entry?.Texts.GetValueOrDefault("tasks") is { } fromFile)
        {
            string? leftOut = TaskList.LeftOut(fromFile, data, entry.PlaceOf("tasks"));
            return (start.Tasks, true, leftOut is null ? null : $"tasks {fromFile.Trim()}: {leftOut}");
        }

        // A spec file that names no tasks has those of its preset, as they are.
        if (entry?.Says("tasks") == true || start.Tasks.All(task => Splitter.Problem(data, task) is null))
            return (start.Tasks, true, null);
        (IReadOnlyList<ClassTask> all, string? without) = TaskList.All(data);
        return (
            all,
            false,
            $"tasks: the data lack classes of {string.Join(",", start.Tasks)}, so every pair of their own is taken, "
            + $"{all.Count:N0} in all{(without is null ? "" : $" ({without})")}; --tasks chooses others");
    }
}
