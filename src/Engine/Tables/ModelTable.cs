using DuckDB.NET.Data;

namespace GpuMlp.Engine.Tables;

/// <summary>
/// A table with any number of rows a model. In unit files it is one list a column, <c>NAME_COLUMN</c>; the merge unnests the
/// lists into NAME.csv and NAME.parquet, after the key columns.
/// </summary>
/// <remarks>
/// Schemas are made when a table is written or read, not with the list of tables: help lists what can be analysed, and no column.
/// </remarks>
internal abstract class ModelTable
{
    public abstract string Name { get; }

    /// <summary>The columns of a unit file.</summary>
    public abstract IReadOnlyList<ColumnType> Lists { get; }

    /// <summary>For a SELECT over unit files, behind the key: lists that are unnested side by side advance together.</summary>
    public abstract string Unnested { get; }

    /// <summary>Whether the merge writes a .csv beside the .parquet.</summary>
    public bool HasText { get; init; } = true;

    public abstract void Append(IDuckDBAppenderRow row, RowLists model);

    /// <summary>The rows of other tables, with those that a model has in this one.</summary>
    public abstract RowLists Copy(RowLists model, RowLists others);

    /// <param name="first">Where <see cref="Lists"/> begin in a row of the reader.</param>
    /// <param name="key">The model that the reader stands at.</param>
    /// <param name="model">Its rows of other tables.</param>
    /// <returns>Those, and the rows of this table.</returns>
    /// <exception cref="InvalidDataException">Lists of different lengths.</exception>
    public abstract RowLists Read(DuckDBDataReader reader, int first, ModelKey key, RowLists model);
}

/// <inheritdoc/>
internal sealed class ModelTable<TRow> : ModelTable
{
    private static Column<TRow>[] Columns => field ??= [.. Schema<TRow>.Own];

    public override string Name => Schema<TRow>.Name;

    /// <summary>The name of a column that counts the rows of a model from 1; such a table has the status of its model.</summary>
    public string? Counted { get; init; }

    public override IReadOnlyList<ColumnType> Lists => field ??= [.. Columns.Select(column => column.ListOf(Name))];

    public override string Unnested
    {
        get
        {
            IEnumerable<string> own = Columns.Zip(Lists, (column, list) => $"unnest({list.Name}) AS {column.Name}");
            return string.Join(", ", Counted is null ? own
                : [$"unnest(range(1, len({Lists[0].Name}) + 1))::INTEGER AS {Counted}", .. own, Schema<ResultRow>.Column("status").Name]);
        }
    }

    public override void Append(IDuckDBAppenderRow row, RowLists model)
    {
        IReadOnlyList<TRow> list = model.Of<TRow>();
        foreach (Column<TRow> column in Columns)
        {
            column.AppendList(row, list);
        }
    }

    public override RowLists Copy(RowLists model, RowLists others) => others.With(model.Of<TRow>());

    public override RowLists Read(DuckDBDataReader reader, int first, ModelKey key, RowLists model)
    {
        Array[] lists = [.. Columns.Select((column, i) => column.ReadList(reader, first + i))];
        if (lists.Any(list => list.Length != lists[0].Length))
        {
            throw new InvalidDataException($"lists of {Name} of different lengths");
        }

        ListCells cells = new([.. new Array?[Schema<TRow>.Columns.Count - lists.Length], .. lists], key);
        TRow[] read = new TRow[lists[0].Length];
        for (int i = 0; i < read.Length; i++)
        {
            cells.Row = i;
            read[i] = Schema<TRow>.Read(cells);
        }

        return model.With<TRow>(read);
    }
}
