using System.Linq.Expressions;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;

namespace GpuMlp.Engine.Tables;

/// <summary>A column of a file: its name and DuckDB type.</summary>
internal readonly record struct ColumnType(string Name, string Type);

/// <summary>A column of a table, from the declaration of a property; see <see cref="ColumnAttribute"/>.</summary>
public sealed class Column<TRow>
{
    private readonly ColumnAttribute _declared;
    private readonly Lazy<Delegate> _value;
    private readonly string _prefix;

    /// <param name="value">From a row: string, int, int?, long, double, float[] or int[]. Compiled when it is asked for: a merge asks for
    /// none.</param>
    internal Column(string prefix, string name, ColumnAttribute declared, bool isKey, LambdaExpression value)
    {
        (_prefix, Name, _declared, IsKey, _value) = (prefix, prefix + name, declared, isKey, new Lazy<Delegate>(value.Compile));
        Type = value.ReturnType switch
        {
            var type when type == typeof(string) => "VARCHAR",
            var type when type == typeof(int) || type == typeof(int?) => "INTEGER",
            var type when type == typeof(long) => "BIGINT",
            var type when type == typeof(double) => "DOUBLE",
            var type when type == typeof(float[]) => "BLOB",
            var type when type == typeof(int[]) => "INTEGER[]",
            var type => throw new NotSupportedException($"column {Name}: no column has type {type}"),
        };
    }

    public string Name { get; }

    /// <summary>DuckDB's; Parquet files give it back.</summary>
    public string Type { get; }

    public string Unit => _declared.Unit;

    public string Head => _declared.Head is { } head ? _prefix.Replace('_', ' ') + head : Name.Replace('_', ' ');

    public Shown Shown => _declared.Shown;

    public bool IsFigure => _declared is FigureAttribute;

    /// <summary>Whether it is one of <see cref="ModelKey"/>, which every row of a model shares.</summary>
    public bool IsKey { get; }

    /// <summary>The value of a column of words, or null.</summary>
    public string? Text(TRow row) => (_value.Value as Func<TRow, string>)?.Invoke(row);

    /// <summary>The value of a column of numbers; NaN where there is none.</summary>
    /// <exception cref="NotSupportedException">It has words or lists.</exception>
    public double Number(TRow row) => _value.Value switch
    {
        Func<TRow, double> number => number(row),
        Func<TRow, int> integer => integer(row),
        Func<TRow, int?> count => count(row) ?? double.NaN,
        _ => throw new NotSupportedException($"column {Name} has no numbers"),
    };

    internal ColumnType ListOf(string table) => new($"{table}_{Name}", $"{Type}[]");

    internal void Append(IDuckDBAppenderRow to, TRow row) => _ = _value.Value switch
    {
        Func<TRow, string> text => to.AppendValue(text(row)),
        Func<TRow, int> integer => to.AppendValue(integer(row)),
        Func<TRow, int?> count => to.AppendValue(count(row)),
        Func<TRow, double> number => to.AppendValue(Cells.ToNull(number(row))),

        // Every platform of .NET and ILGPU that can run this is little endian, as the format is.
        Func<TRow, float[]> floats => to.AppendValue(MemoryMarshal.AsBytes<float>(floats(row)).ToArray()),
        Func<TRow, int[]> integers => integers(row) is { } list ? to.AppendValue<int>(list) : to.AppendNullValue(),
        _ => throw new NotSupportedException(Name),
    };

    /// <summary>The values of many rows, as one list in one cell.</summary>
    internal void AppendList(IDuckDBAppenderRow to, IReadOnlyList<TRow> rows) => _ = _value.Value switch
    {
        Func<TRow, string> text => to.AppendValue<string>(rows.Select(text).ToList()),
        Func<TRow, int> integer => to.AppendValue<int>(rows.Select(integer).ToList()),
        Func<TRow, int?> count => to.AppendValue<int?>(rows.Select(count).ToList()),
        Func<TRow, double> number => to.AppendValue<double?>(rows.Select(row => Cells.ToNull(number(row))).ToList()),
        _ => throw new NotSupportedException(Name),
    };

    /// <summary>What <see cref="AppendList"/> wrote.</summary>
    internal Array ReadList(DuckDBDataReader reader, int ordinal) => _value.Value switch
    {
        Func<TRow, string> => reader.GetFieldValue<List<string>>(ordinal).ToArray(),
        Func<TRow, int> => reader.GetFieldValue<List<int>>(ordinal).ToArray(),
        Func<TRow, int?> => reader.GetFieldValue<List<int?>>(ordinal).ToArray(),
        Func<TRow, double> => reader.GetFieldValue<List<double?>>(ordinal).Select(Cells.ToNaN).ToArray(),
        _ => throw new NotSupportedException(Name),
    };
}
