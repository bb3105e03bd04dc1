using DuckDB.NET.Data;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// A table with any number of rows a model. In unit files it is one list a column, <c>NAME_COLUMN</c>; the merge unnests the
/// lists into NAME.csv and NAME.parquet, after the key columns.
/// </summary>
internal abstract class ModelTable(string name, IReadOnlyList<Column> columns)
{
    public string Name => name;

    public IReadOnlyList<Column> Columns => columns;

    /// <summary>The columns of a unit file.</summary>
    public IEnumerable<Column> Lists => columns.Select(column => new Column(ListName(column), $"{column.Type}[]"));

    /// <summary>For a SELECT over unit files: lists that are unnested side by side advance together.</summary>
    public string Unnested => string.Join(", ", columns.Select(column => $"unnest({ListName(column)}) AS {column.Name}"));

    /// <summary>Whether the merge writes a .csv beside the .parquet.</summary>
    public bool HasText { get; init; } = true;

    /// <summary>Whether runs of this spec have the table; a file is written only for those.</summary>
    public abstract bool IsIn(SweepSpec spec);

    public abstract void Append(IDuckDBAppenderRow row, ModelResult model);

    /// <returns>The model with the rows of this table.</returns>
    /// <exception cref="FormatException">Lists of different lengths, or a value that cannot be.</exception>
    public abstract ModelResult Read(ref RowReader row, ModelResult model);

    private string ListName(Column column) => $"{name}_{column.Name}";
}

/// <summary>A table of <typeparamref name="TRow"/>.</summary>
/// <param name="name">Of the merged files.</param>
/// <param name="isIn">See <see cref="ModelTable.IsIn"/>.</param>
/// <param name="rows">The rows of a model.</param>
/// <param name="with">A model with these rows.</param>
/// <param name="read">A row from its cells, taken in the order of the columns.</param>
/// <param name="isOk">False for a row without figures: its model failed, or what was made of it.</param>
/// <param name="own">In the order of the files; a promise. Behind them stands <c>status</c>.</param>
internal sealed class ModelTable<TRow>(
    string name,
    Func<SweepSpec, bool> isIn,
    Func<ModelResult, IReadOnlyList<TRow>> rows,
    Func<ModelResult, TRow[], ModelResult> with,
    Func<TableCells, TRow> read,
    Func<TRow, bool> isOk,
    IReadOnlyList<TableColumn<TRow>> own)
    : ModelTable(name, [.. own.Select(column => column.Column), Runs.Columns.Status])
{
    private readonly TableColumn<TRow>[] _columns =
        [.. own, TableColumn<TRow>.Text(Runs.Columns.Status.Name, row => isOk(row) ? Trainer.Ok : Trainer.Failed)];

    public override bool IsIn(SweepSpec spec) => isIn(spec);

    public override void Append(IDuckDBAppenderRow row, ModelResult model)
    {
        IReadOnlyList<TRow> list = rows(model);
        foreach (TableColumn<TRow> column in _columns)
        {
            column.Append(row, list);
        }
    }

    public override ModelResult Read(ref RowReader row, ModelResult model)
    {
        var lists = new Array[_columns.Length];
        for (int i = 0; i < lists.Length; i++)
        {
            lists[i] = _columns[i].Read(ref row);
            if (lists[i].Length != lists[0].Length)
            {
                throw new FormatException($"lists of {Name} of different lengths");
            }
        }

        return with(model, [.. Enumerable.Range(0, lists[0].Length).Select(i => read(new TableCells(lists, i)))]);
    }
}

/// <summary>A column of a table: its name, its type, and where its value is in a row.</summary>
internal abstract class TableColumn<TRow>(string name, string type)
{
    public Column Column { get; } = new(name, type);

    public static TableColumn<TRow> Text(string name, Func<TRow, string> value) => new Texts(name, value);

    /// <summary>Figures that are not finite are stored as NULL and come back as NaN.</summary>
    public static TableColumn<TRow> Number(string name, Func<TRow, double> value) => new Numbers(name, value);

    public static TableColumn<TRow> Integer(string name, Func<TRow, int> value) => new Integers(name, value);

    /// <summary>NULL where a failed model has none.</summary>
    public static TableColumn<TRow> Count(string name, Func<TRow, int?> value) => new Counts(name, value);

    public abstract void Append(IDuckDBAppenderRow row, IReadOnlyList<TRow> rows);

    public abstract Array Read(ref RowReader row);

    private sealed class Texts(string name, Func<TRow, string> value) : TableColumn<TRow>(name, "VARCHAR")
    {
        public override void Append(IDuckDBAppenderRow row, IReadOnlyList<TRow> rows) => row.AppendValue<string>([.. rows.Select(value)]);

        public override Array Read(ref RowReader row) => row.Texts();
    }

    private sealed class Numbers(string name, Func<TRow, double> value) : TableColumn<TRow>(name, "DOUBLE")
    {
        public override void Append(IDuckDBAppenderRow row, IReadOnlyList<TRow> rows) =>
            row.AppendValue<double?>(rows.Select(value).Select(number => double.IsFinite(number) ? number : (double?)null).ToList());

        public override Array Read(ref RowReader row) => row.Numbers();
    }

    private sealed class Integers(string name, Func<TRow, int> value) : TableColumn<TRow>(name, "INTEGER")
    {
        public override void Append(IDuckDBAppenderRow row, IReadOnlyList<TRow> rows) => row.AppendValue<int>(rows.Select(value).ToList());

        public override Array Read(ref RowReader row) => row.Integers();
    }

    private sealed class Counts(string name, Func<TRow, int?> value) : TableColumn<TRow>(name, "INTEGER")
    {
        public override void Append(IDuckDBAppenderRow row, IReadOnlyList<TRow> rows) => row.AppendValue<int?>(rows.Select(value).ToList());

        public override Array Read(ref RowReader row) => row.Counts();
    }
}

/// <summary>Takes the values of one row one after the other.</summary>
internal sealed class TableCells(Array[] lists, int row)
{
    private int _next;

    public string Text() => ((string[])lists[_next++])[row];

    public double Number() => ((double[])lists[_next++])[row];

    public int Integer() => ((int[])lists[_next++])[row];

    public int? Count() => ((int?[])lists[_next++])[row];
}
