using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>An epoch of training, over the seeds of a task and size: the answer to a question about history.parquet.</summary>
public sealed record CurveRow
{
    [Column] public required string Task { get; init; }
    [Column] public required int Hidden { get; init; }
    [Column] public required int Epoch { get; init; }
    [Column("0..1")] public required double MeanF1 { get; init; }
    [Column("0..1")] public required double MinF1 { get; init; }
    [Column("0..1")] public required double MaxF1 { get; init; }

    /// <summary>On the validation images after the epoch; NaN where the run did not look.</summary>
    [Column("0..1")] public double MeanValF1 { get; init; } = double.NaN;
}

/// <summary>What a run has to say, table by table; null where the run has no such table.</summary>
/// <param name="Data">As in the plan.</param>
/// <param name="Shown">The model that stands for the run; see <see cref="Specs.ShownModel"/>.</param>
/// <param name="Omitted">
/// One line for each part of a large run that is left out of the rows, and for each table of <see cref="Unread"/>.
/// </param>
public sealed record StudyTables(
    string Data,
    ModelKind Shown,
    IReadOnlyList<ResultRow> Results,
    IReadOnlyList<CurveRow> Curves,
    IReadOnlyList<PruningRow>? Pruning,
    IReadOnlyList<RobustnessRow>? Robustness,
    IReadOnlyList<SaliencyRow>? Saliency,
    IReadOnlyList<FinetuneRow>? Finetune,
    IReadOnlyList<EmbeddingRow>? Embedding,
    IReadOnlyList<string> Omitted)
{
    /// <summary>Rounds of pruning and rewinding, with their controls.</summary>
    public IReadOnlyList<TicketRow>? Tickets { get; init; }

    /// <summary>
    /// Of models that did not fail, the versions that did, pruned or trained further. They have no figures and are in no other table.
    /// </summary>
    public IReadOnlyList<PrunedRow> FailedVersions { get; init; } = [];

    /// <summary><see cref="Tickets"/> with those that failed.</summary>
    public IEnumerable<TicketRow> Rounds => (Tickets ?? []).Concat(FailedVersions.OfType<TicketRow>());

    /// <summary>One line for each table that the run's merge made and that is missing now or cannot be read.</summary>
    public IReadOnlyList<string> Unread { get; init; } = [];

    /// <summary>Whether the page is about the study: it judges its claims, shows its figures and speaks in its words.</summary>
    public bool Judges { get; init; }

    /// <summary>Whether figures that the study printed stand beside those of the run.</summary>
    public bool ShowsStudy => Judges && IsStudyData;

    /// <summary>What is enough for the smallest and the fastest models of a page that does not judge.</summary>
    public F1Target Target { get; init; }

    /// <summary>
    /// Of models in history, the first epoch at which the mean F1 over their seeds was enough: on the validation images where
    /// <see cref="HasValidationCurves"/>, else on the training images.
    /// </summary>
    public IReadOnlyList<EnoughRow> FirstEnough { get; init; } = [];

    /// <summary>
    /// One class against the rest, of the best model with a logit a class of each task that has one: by seed, and by class in the order of
    /// the task.
    /// </summary>
    public IReadOnlyList<ClassRow> Classes { get; init; } = [];

    /// <summary>Of the models of <see cref="Classes"/>.</summary>
    public IReadOnlyList<ConfusionRow> Confusion { get; init; } = [];

    /// <summary>Whether the run draws saliency pictures of itself.</summary>
    public bool HasPictures { get; init; }

    /// <summary>Whether history tells what models did on the validation images epoch by epoch.</summary>
    public bool HasValidationCurves => Curves.Any(row => !double.IsNaN(row.MeanValF1));

    /// <summary>Whether the figures that the study printed belong to this run's data.</summary>
    public bool IsStudyData => Data == StudyFigures.Data;

    /// <summary>In the order of the study as far as they are its, then as they come.</summary>
    public IReadOnlyList<string> Tasks =>
    [
        .. Results.Select(row => row.Kind.Task).Distinct()
            .Select((task, position) => (task, position))
            .OrderBy(item => IsStudyData && Difficulty(item.task) is { } place ? place : 100 + item.position)
            .Select(item => item.task),
    ];

    public IReadOnlyList<int> Hidden => [.. Results.Select(row => row.Kind.Hidden).Distinct().Order()];

    public IReadOnlyList<double> Rates => [.. Results.Select(row => row.Kind.Rate).Distinct().Order()];

    public IReadOnlyList<TrainedHow> Variants => [.. Results.Select(row => row.Kind.How).Distinct()];

    public int Seeds => Results.Select(row => row.Seed).Distinct().Count();

    /// <summary>
    /// Whether a model has the rate and training at which claims are judged that do not compare them: those of the shown one.
    /// </summary>
    public bool InFocus(ModelKind kind) => kind.Rate == Shown.Rate && kind.How == Shown.How;

    /// <summary>The models at the rate and training of the shown one.</summary>
    public IEnumerable<ResultRow> FocusResults => Results.Where(row => InFocus(row.Kind));

    private static int? Difficulty(string task)
    {
        int place = StudyFigures.TasksByDifficulty.ToList().IndexOf(task);
        return place < 0 ? null : place;
    }
}
