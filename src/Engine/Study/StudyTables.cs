namespace GpuMlp.Engine.Study;

/// <summary>What a run has to say, table by table; null where the run has no such table.</summary>
/// <param name="Data">As in the plan.</param>
/// <param name="Focus">The rate and training at which claims are judged that do not compare them.</param>
/// <param name="Omitted">One line for each part of a large run that is left out of the rows.</param>
public sealed record StudyTables(
    string Data,
    (double Rate, TrainedHow How) Focus,
    IReadOnlyList<ResultRow> Results,
    IReadOnlyList<CurveRow> Curves,
    IReadOnlyList<PruningRow>? Pruning,
    IReadOnlyList<RobustnessRow>? Robustness,
    IReadOnlyList<SaliencyRow>? Saliency,
    IReadOnlyList<FinetuneRow>? Finetune,
    IReadOnlyList<EmbeddingRow>? Embedding,
    IReadOnlyList<string> Omitted)
{
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

    public bool InFocus(ModelKind kind) => kind.Rate == Focus.Rate && kind.How == Focus.How;

    /// <summary>The models at the focus.</summary>
    public IEnumerable<ResultRow> FocusResults => Results.Where(row => InFocus(row.Kind));

    /// <summary>
    /// The study's rate and training where the run has them; else, of what it has, the training that comes first and the
    /// rate with the best mean validation F1 under it.
    /// </summary>
    public static (double Rate, TrainedHow How) FindFocus(IReadOnlyList<ResultRow> results)
    {
        TrainedHow how = results.Any(row => row.Kind.How == StudyFigures.Training) || results.Count == 0
            ? StudyFigures.Training
            : results[0].Kind.How;
        ResultRow[] rows = [.. results.Where(row => row.Kind.How == how)];
        double rate = rows.Any(row => row.Kind.Rate == StudyFigures.Rate) || rows.Length == 0
            ? StudyFigures.Rate
            : rows.GroupBy(row => row.Kind.Rate).MaxBy(group => group.Average(row => row.Ok ? row.ValF1 : 0))!.Key;
        return (rate, how);
    }

    private static int? Difficulty(string task)
    {
        int place = StudyFigures.TasksByDifficulty.ToList().IndexOf(task);
        return place < 0 ? null : place;
    }
}
