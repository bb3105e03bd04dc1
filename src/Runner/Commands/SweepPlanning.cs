using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Corrupt;
using GpuMlp.Kernels.Prune;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner.Commands;

/// <summary>From flags to a plan: preset or spec file first, then what the flags change.</summary>
internal sealed record SweepPlanning(Plan Plan, Dataset Data, string Out, int? SaliencyHidden)
{
    /// <summary>The data set that a spec without a folder means.</summary>
    public const string EmbeddedName = "mnist";

    private const string DefaultPreset = "paper", RunsFolder = "runs", None = "none";

    /// <exception cref="UserErrorException">A flag, a file or the data is not right.</exception>
    public static SweepPlanning From(SweepRequest request)
    {
        SweepSpec start = request.Spec is { } file ? SpecJson.ReadFile(file, Presets.Paper) : Presets.Get("--preset", request.Preset ?? DefaultPreset);
        string source = request.Data ?? start.Data;
        Dataset data = DatasetLoader.Load(source == EmbeddedName && request.Data is null ? null : source);
        SweepSpec spec = start with
        {
            Data = request.Data is null ? start.Data : Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Data)),
            Tasks = request.Tasks is { } tasks ? TaskList.Parse(tasks, data.Classes) : UsualTasks(start, request, data),
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
            null => spec.WithFittedEmbedding(otherData: spec.Data != EmbeddedName),
            None => spec with { Embedding = [] },
            _ => spec with { Embedding = TaskList.Parse(request.Embedding, data.Classes, "--embedding") },
        };
        spec.CheckEmbedding("--embedding");
        bool lacksClasses = spec.RateTasks.Any(task => Math.Max(task.First, task.Second) >= data.Classes);
        if (request.Tasks is not null || request.LearningRates is not null || (request.Data is not null && lacksClasses))
        {
            // Who asks for tasks or rates asks for these alone; the study's hard pair is one of digits.
            spec = spec.WithoutRates();
        }

        var plan = Plan.Create(spec, data.Sha256, data.Inputs, task => Splitter.TrainImages(data, task));
        string name = request.Spec is { } path ? Path.GetFileNameWithoutExtension(path) : request.Preset ?? DefaultPreset;
        return new SweepPlanning(plan, data, request.Out ?? Path.Combine(RunsFolder, name), PanelSize(request, spec));
    }

    /// <summary>The study's 24, or the size nearest to it.</summary>
    public static int NearestSize(SweepSpec spec) => spec.StudySize;

    private static IReadOnlyList<double> Levels(SweepRequest request, SweepSpec start) => request.Sparsity switch
    {
        null => start.Sparsity,
        None => [],
        _ => ListFlags.Doubles("--sparsity", request.Sparsity, 0, 1),
    };

    // The study's five pairs are pairs of digits; data without some of these classes are taken whole.
    private static IReadOnlyList<PairTask> UsualTasks(SweepSpec start, SweepRequest request, Dataset data) =>
        request.Data is not null && request.Spec is null && start.Tasks.Any(task => Math.Max(task.First, task.Second) >= data.Classes)
            ? TaskList.Parse("all", data.Classes)
            : start.Tasks;

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
    private static int? PanelSize(SweepRequest request, SweepSpec spec)
    {
        if (request.SaliencyHidden is not { } hidden)
            return NearestSize(spec);
        if (hidden == 0)
            return null;
        return spec.Hidden.Contains(hidden) ? hidden
            : throw new UserErrorException($"--saliency: no model has {hidden} hidden units; one of {string.Join(", ", spec.Hidden)} is right (0 for no panels)");
    }
}
