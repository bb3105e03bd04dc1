using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner.Commands;

/// <summary>From flags to a plan: preset or spec file first, then what the flags change.</summary>
internal sealed record SweepPlanning(Plan Plan, Dataset Data, string Out)
{
    // Of the tasks: which were chosen where nobody named any, and which classes have too few images.
    private string? Note { get; init; }

    private const string DefaultPreset = "paper", RunsFolder = "runs", None = "none";

    /// <summary>
    /// What messages call a field of spec files: the flag, or where no flag gives it and a spec file was named, that file and the field.
    /// </summary>
    public Func<string, string> Name { get; private init; } = _ => "";

    /// <exception cref="UserErrorException">A flag, a file or the data is not right.</exception>
    public static SweepPlanning From(SweepRequest request)
    {
        SweepSpec start = request.Spec is { } file ? SpecJson.ReadFile(file, Presets.Paper) : Presets.Get("--preset", request.Preset ?? DefaultPreset);
        string source = request.Data ?? start.Data;
        Dataset data = DatasetLoader.Load(source == SweepSpec.EmbeddedName && request.Data is null ? null : source);
        Func<string, string> fieldName = field =>
            request.Spec is { } of && !request.Gives(field) ? $"{of}: {field}" : SpecValidator.Flag(field);
        (IReadOnlyList<PairTask> chosen, bool usual, string? note) = Tasks(start, request, data, fieldName("tasks"));
        SweepSpec spec = start with
        {
            Data = request.Data is null ? start.Data : Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Data)),
            Tasks = chosen,
            Hidden = request.Hidden is { } hidden ? ListFlags.Integers("--hidden", hidden, 1, SpecValidator.MaxHidden) : start.Hidden,
            Seeds = request.Seeds is { } seeds ? ListFlags.Integers("--seeds", seeds, 0, int.MaxValue) : start.Seeds,
            LearningRates = request.LearningRates is { } rates ? ListFlags.Doubles("--lr", rates, SpecValidator.LeastRate, SpecValidator.MostRate) : start.LearningRates,
            Epochs = request.Epochs is { } epochs ? ListFlags.Integers("--epochs", epochs, 1, SpecValidator.MaxEpochs) : start.Epochs,
            Batches = request.Batch is { } batches ? ListFlags.Batches("--batch", batches) : start.Batches,
            InitStds = request.InitStd is { } stds ? ListFlags.Doubles("--init-std", stds, 0, SpecValidator.MostInitStd) : start.InitStds,
            WeightDecays = request.WeightDecay is { } decays ? ListFlags.Doubles("--weight-decay", decays, 0, SpecValidator.MostWeightDecay) : start.WeightDecays,
            Sparsity = Levels(request, start),
            Pruning = Methods(request, start),
            Corruptions = Corruptions(request, start),
            FinetuneEpochs = request.FinetuneEpochs ?? start.FinetuneEpochs,
            Rewind = request.Rewind || (start.Rewind && request.FinetuneEpochs != 0),
            Similarity = request.Similarity switch
            {
                null => start.Similarity,
                None => [],
                _ => SaliencyNames.Parse("--similarity", request.Similarity),
            },
            SimilarityImages = request.SimilarityImages ?? start.SimilarityImages,
        };
        spec = request.Embedding switch
        {
            null => spec.WithFittedEmbedding(otherData: spec.Data != SweepSpec.EmbeddedName),
            None => spec with { Embedding = [] },
            TaskList.EveryPair => spec with { Embedding = spec.Tasks },
            _ => spec with { Embedding = TaskList.Parse(request.Embedding, data.Classes, "--embedding") },
        };
        if (request.Tasks is not null || request.LearningRates is not null || (request.Spec is null && !usual))
        {
            // Who asks for tasks or rates asks for these alone; the study's hard pair is one of digits.
            spec = spec.WithoutRates();
        }

        int TrainImages(PairTask task) => Splitter.Problem(data, task) is { } problem
            ? throw new UserErrorException($"{fieldName("tasks")}: {problem}.")
            : Splitter.TrainImages(data, task);

        Plan plan = Plan.Create(spec, data.Sha256, data.Inputs, TrainImages, name: fieldName) with
        {
            Pictures = new PictureChoice(PanelSize(request, spec), request.SaliencyMethod),
        };
        string name = request.Spec is { } path ? Path.GetFileNameWithoutExtension(path) : request.Preset ?? DefaultPreset;
        return new SweepPlanning(plan, data, request.Out ?? Path.Combine(RunsFolder, name))
        {
            Note = note,
            Name = fieldName,
        };
    }

    /// <summary>
    /// Says on stderr what was chosen for people, or left out; after everything that may be refused, so that a refusal is one line.
    /// </summary>
    public void Tell(bool quiet, CommandIo io)
    {
        if (!quiet && Note is not null)
            io.Error.WriteLine(Note);
    }

    private static IReadOnlyList<double> Levels(SweepRequest request, SweepSpec start) => request.Sparsity switch
    {
        null => start.Sparsity,
        None => [],
        _ => ListFlags.Doubles("--sparsity", request.Sparsity, 0, 1),
    };

    /// <summary>
    /// The study's five pairs are pairs of digits: where nobody has named tasks, data without images enough of one of these classes
    /// are taken whole.
    /// </summary>
    /// <returns>Also whether the tasks are those of the preset or file, and what there is to tell.</returns>
    private static (IReadOnlyList<PairTask> Tasks, bool Usual, string? Note) Tasks(
        SweepSpec start, SweepRequest request, Dataset data, string flag)
    {
        if (request.Tasks is { } text)
        {
            if (text.Trim() != TaskList.EveryPair)
                return (TaskList.Parse(text, data.Classes), false, null);
            (IReadOnlyList<PairTask> asked, string? leftOut) = TaskList.All(data);
            return (asked, false, leftOut is null ? null : $"{flag} all: {leftOut}");
        }

        // A spec file that names no tasks has those of its preset, as they are.
        bool named = request.Spec is not null && !ReferenceEquals(start.Tasks, Presets.Paper.Tasks);
        if (named || start.Tasks.All(task => Splitter.Problem(data, task) is null))
            return (start.Tasks, true, null);
        (IReadOnlyList<PairTask> all, string? without) = TaskList.All(data);
        return (
            all,
            false,
            $"tasks: the data lack classes of {string.Join(",", start.Tasks)}, so every pair of their own is taken, "
            + $"{all.Count:N0} in all{(without is null ? "" : $" ({without})")}; --tasks chooses others");
    }

    // No level means no pruning, whatever methods the preset has; methods asked for by name are a contradiction.
    private static IReadOnlyList<PruneMethod> Methods(SweepRequest request, SweepSpec start) => (request.Pruning, request.Sparsity) switch
    {
        (null, None) => [],
        (null, _) => start.Pruning,
        _ => PruningMethods.Parse("--pruning", request.Pruning),
    };

    // --corruption names all of them; --noise and --occlusion then take the place of their own kinds.
    private static IReadOnlyList<Corruption> Corruptions(SweepRequest request, SweepSpec start)
    {
        IReadOnlyList<Corruption> list = request.Corruption switch
        {
            null => start.Corruptions,
            None => [],
            _ => CorruptionNames.Parse("--corruption", request.Corruption, Presets.Paper.Corruptions),
        };
        if (request.Occlusion is { } sides)
            list = Replace(CorruptionKind.Occlusion, sides == None ? [] : [.. ListFlags.Integers("--occlusion", sides, 0, (int)CorruptionRules.Largest(CorruptionKind.Occlusion)).Select(side => (double)side)]);
        if (request.Noise is { } sigmas)
            list = Replace(CorruptionKind.Gaussian, sigmas == None ? [] : ListFlags.Doubles("--noise", sigmas, 0, CorruptionRules.Largest(CorruptionKind.Gaussian)));
        return list;

        IReadOnlyList<Corruption> Replace(CorruptionKind kind, IReadOnlyList<double> severities) =>
            [.. severities.Select(severity => new Corruption(kind, severity)), .. list.Where(corruption => corruption.Kind != kind)];
    }

    // Asked for: exactly that size.
    private static int PanelSize(SweepRequest request, SweepSpec spec) =>
        request.SaliencyHidden is not { } hidden ? PictureChoice.Usual(spec).Hidden
        : hidden == 0 || spec.Hidden.Contains(hidden) ? hidden
        : throw new UserErrorException(
            $"--saliency: no model has {hidden} hidden units; it must be one of {string.Join(", ", spec.Hidden)}, or 0 for no panels");
}
