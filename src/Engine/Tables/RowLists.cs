using System.Collections.Immutable;

namespace GpuMlp.Engine.Tables;

/// <summary>The rows that one model has in the tables of a run, a list for each type of row. Never changed.</summary>
public sealed class RowLists
{
    private readonly ImmutableDictionary<Type, RowList> _lists;

    private RowLists(ImmutableDictionary<Type, RowList> lists) => _lists = lists;

    /// <summary>No rows in any table.</summary>
    public static RowLists None { get; } = new(ImmutableDictionary<Type, RowList>.Empty);

    /// <summary>Empty where the model has none.</summary>
    public IReadOnlyList<TRow> Of<TRow>() => _lists.TryGetValue(typeof(TRow), out RowList? list) ? ((RowList<TRow>)list).Rows : [];

    /// <summary>With these rows in place of others of their type.</summary>
    public RowLists With<TRow>(IReadOnlyList<TRow> rows) => new(_lists.SetItem(typeof(TRow), new RowList<TRow>(rows)));

    /// <summary>
    /// Those of a model that failed: NaN or null for every figure. Rows that are made of what was asked for alone say nothing of such a
    /// model, and it has none.
    /// </summary>
    public RowLists AsFailed() => new(_lists.ToImmutableDictionary(list => list.Key, list => list.Value.AsFailed()));

    private abstract class RowList
    {
        public abstract RowList AsFailed();
    }

    private sealed class RowList<TRow>(IReadOnlyList<TRow> rows) : RowList
    {
        public IReadOnlyList<TRow> Rows => rows;

        public override RowList AsFailed() => new RowList<TRow>(
            Schema<TRow>.Columns.Any(column => column.IsFigure) ? [.. rows.Select(Schema<TRow>.WithoutFigures)] : []);
    }
}
