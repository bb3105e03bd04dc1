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

    /// <exception cref="UserErrorException">A flag, a file or the data is not right.</exception>
    public static SweepPlanning From(SweepCommand.Options options)
    {
        if (options.Preset is not null && options.Spec is not null)
            throw new UserErrorException("--spec: cannot be combined with --preset; give one of them.");
        SweepSpec start = options.Spec is { } file
            ? SpecJson.ReadFile(file, Presets.Paper)
            : Presets.Get("--preset", options.Preset ?? DefaultPreset);
        IReadOnlyList<string>? only = Only(options);
        start = only is null ? start : start.Only(only);
        string? folder = options.Given.GetValueOrDefault("--data");
        Dataset data = DatasetLoader.Load(folder ?? (start.Data == SweepSpec.EmbeddedName ? null : start.Data));
        bool Gives(string field) =>
            AnalysisList.Fields.Any(one => (one.Name == field || one.PartOf == field) && options.Given.ContainsKey(one.FlagName));
        string Called(string field) => options.Spec is { } of && !Gives(field) ? $"{of}: {field}" : Flag.NameOf(field);
        (IReadOnlyList<PairTask> tasks, bool usual, string? note) = Tasks(start, options, data);
        SweepSpec spec = Changed(AnalysisList.Fields, start with { Tasks = tasks }, options, data);

        // The levels of the study come along where nobody has named any, and its own sweeps alone keep them.
        if (options.Preset is null && ReferenceEquals(spec.Sparsity, Presets.Paper.Sparsity) && !StudySweep.Is(spec))
            spec = spec with { Sparsity = Presets.UsualSparsity };
        spec = Fitted(spec, Gives, keepsRates: options.Spec is not null || usual);
        CheckAsked(spec, only ?? []);
        PictureChoice pictures = options.TrainOnly ? PictureChoice.Usual(spec) with { Hidden = 0 }
            : Changed(PictureChoice.Fields, PictureChoice.Usual(spec), options, data);
        if (!pictures.IsOf(spec))
        {
            throw new UserErrorException(
                $"--saliency: no model has {pictures.Hidden} hidden units; it must be one of {string.Join(", ", spec.Hidden)}, "
                + "or 0 for no panels");
        }

        int TrainImages(PairTask task) => Splitter.Problem(data, task) is { } problem
            ? throw new UserErrorException($"{Called("tasks")}: {problem}.")
            : Splitter.TrainImages(data, task);

        Plan plan = Plan.Create(spec, data.Sha256, data.Inputs, TrainImages, name: Called) with { Pictures = pictures };
        return new SweepPlanning(plan, data, options.Out ?? Path.Combine(RunsFolder, NameOf(plan, options))) { Note = note, Name = Called };
    }

    /// <summary>
    /// Says on stderr what was chosen for people, or left out; after everything that may be refused, so that a refusal is one line.
    /// </summary>
    public void Tell(bool quiet, CommandIo io)
    {
        if (!quiet && Note is not null)
            io.Error.WriteLine(Note);
    }

    private static TOwner Changed<TOwner>(IReadOnlyList<Field<TOwner>> fields, TOwner owner, SweepCommand.Options options, Dataset data)
        where TOwner : new() =>
        fields.Aggregate(
            owner, (changed, field) => options.Given.TryGetValue(field.FlagName, out string? text)
                ? field.Take(changed, text, data)
                : changed);

    // A preset's name is for the preset as it is: another sweep has a folder of its own, so that it never meets the study's.
    private static string NameOf(Plan plan, SweepCommand.Options options)
    {
        const int MostTasks = 2, HashDigits = 6;
        bool changed = options.TrainOnly || options.Analyses is not null || options.Given.ContainsKey("--data")
            || AnalysisList.Fields.Any(field => options.Given.ContainsKey(field.FlagName));
        if (!changed)
            return options.Spec is { } path ? Path.GetFileNameWithoutExtension(path) : options.Preset ?? DefaultPreset;
        IReadOnlyList<PairTask> tasks = plan.Spec.Tasks;
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
    private static void CheckAsked(SweepSpec spec, IReadOnlyList<string> only)
    {
        foreach (string name in only)
        {
            (bool isIn, IReadOnlyList<Field<SweepSpec>> fields) = spec.Asks(name);
            if (!isIn)
            {
                throw new UserErrorException(
                    $"--analyses: {name} has nothing to do; must have {fields[0].FlagName} as well, or be left out");
            }
        }
    }

    /// <summary>What nobody named follows what somebody named.</summary>
    private static SweepSpec Fitted(SweepSpec spec, Func<string, bool> gives, bool keepsRates)
    {
        // No level means no pruning, whatever methods the preset has; methods asked for by name are a contradiction.
        if (gives("sparsity") && spec.Sparsity.Count == 0 && !gives("pruning"))
            spec = spec with { Pruning = [] };
        if (gives("finetune_epochs") && spec.FinetuneEpochs == 0 && !gives("rewind"))
            spec = spec with { Rewind = false };
        if (!gives("embedding"))
            spec = spec.WithFittedEmbedding(otherData: spec.Data != SweepSpec.EmbeddedName);

        // Who asks for tasks or rates asks for these alone; the study's hard pair is one of digits.
        return keepsRates && !gives("tasks") && !gives("lr") ? spec : spec.WithoutRates();
    }

    /// <summary>
    /// The study's five pairs are pairs of digits: where nobody has named tasks, data without images enough of one of these classes
    /// are taken whole.
    /// </summary>
    /// <returns>Also whether the tasks are those of the preset or file, and what there is to tell.</returns>
    private static (IReadOnlyList<PairTask> Tasks, bool Usual, string? Note) Tasks(
        SweepSpec start, SweepCommand.Options options, Dataset data)
    {
        if (options.Given.TryGetValue("--tasks", out string? text))
        {
            string? leftOut = text.Trim() == TaskList.EveryPair ? TaskList.All(data).LeftOut : null;
            return (start.Tasks, false, leftOut is null ? null : $"--tasks all: {leftOut}");
        }

        // A spec file that names no tasks has those of its preset, as they are.
        bool named = options.Spec is not null && !ReferenceEquals(start.Tasks, Presets.Paper.Tasks);
        if (named || start.Tasks.All(task => Splitter.Problem(data, task) is null))
            return (start.Tasks, true, null);
        (IReadOnlyList<PairTask> all, string? without) = TaskList.All(data);
        return (
            all,
            false,
            $"tasks: the data lack classes of {string.Join(",", start.Tasks)}, so every pair of their own is taken, "
            + $"{all.Count:N0} in all{(without is null ? "" : $" ({without})")}; --tasks chooses others");
    }
}
