namespace GpuMlp.Engine.Tables;

/// <summary>The last column of every table.</summary>
public static class Statuses
{
    /// <summary>Of a model that trained to the end, and of what was made of it.</summary>
    public const string Ok = "ok";

    /// <summary>
    /// Of a model whose loss was NaN or infinite in some epoch or at the end, or whose parameters have left the range in which it can be
    /// computed (<see cref="Evaluation.WeightRange"/>), and of a changed one whose logits or maps are not finite. It has no figures.
    /// </summary>
    public const string Failed = "failed";
}

/// <summary>
/// A row about one model. Properties are set by name and figures must be set, so that a new column does not compile before it has a
/// value, and two columns cannot change places.
/// </summary>
public abstract record ModelRow
{
    [Columns] public required ModelKey Key { get; init; }

    /// <summary>One of <see cref="Statuses"/>.</summary>
    [Column("ok or failed")] public string Status { get; init; } = Statuses.Ok;

    /// <summary>False: there are no figures, but NaN and null in their places.</summary>
    public bool Ok => Status == Statuses.Ok;

    public ModelKind Kind => Key.Kind;

    public int Seed => Key.Seed;
}

public static class ModelRows
{
    /// <summary>
    /// The same row of a model that failed. Figures of weights that are not finite look like others (a ReLU makes 0 of NaN: accuracy
    /// 0.5), and would be taken for some.
    /// </summary>
    public static TRow AsFailed<TRow>(this TRow row)
        where TRow : ModelRow => Schema<TRow>.WithoutFigures(row);

    /// <summary>The row, or without its figures.</summary>
    public static TRow FailedUnless<TRow>(this TRow row, bool sound)
        where TRow : ModelRow => sound ? row : row.AsFailed();
}
