using GpuMlp.Engine;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
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
        string? folder = options.Given.GetValueOrDefault("--data");
        Dataset data = DatasetLoader.Load(folder ?? (start.Data == SweepSpec.EmbeddedName ? null : start.Data));
        bool Gives(string field) =>
            AnalysisList.Fields.Any(one => (one.Name == field || one.PartOf == field) && options.Given.ContainsKey(one.FlagName));
        string Called(string field) => options.Spec is { } of && !Gives(field) ? $"{of}: {field}" : Flag.NameOf(field);
        (IReadOnlyList<PairTask> tasks, bool usual, string? note) = Tasks(start, options, data);
        SweepSpec spec = Changed(AnalysisList.Fields, start with { Tasks = tasks }, options, data);
        spec = Fitted(spec, Gives, keepsRates: options.Spec is not null || usual);
        PictureChoice pictures = Changed(PictureChoice.Fields, PictureChoice.Usual(spec), options, data);
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
        string name = options.Spec is { } path ? Path.GetFileNameWithoutExtension(path) : options.Preset ?? DefaultPreset;
        return new SweepPlanning(plan, data, options.Out ?? Path.Combine(RunsFolder, name)) { Note = note, Name = Called };
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
