using System.Runtime.InteropServices;
using DuckDB.NET.Data;

namespace GpuMlp.Engine.Tables;

/// <summary>
/// The values of one row, by the position of their column in <see cref="Schema{TRow}.Columns"/>. Files hold NULL where a figure is
/// not finite, rows NaN: <see cref="ToNull"/> and <see cref="ToNaN"/> are the only places that know of both.
/// </summary>
internal abstract class Cells
{
    public abstract string Text(int column);

    public abstract int Integer(int column);

    /// <summary>Null where a failed model has none.</summary>
    public abstract int? Count(int column);

    public abstract double Number(int column);

    public abstract long Long(int column);

    /// <summary>From little-endian bytes.</summary>
    public abstract float[] Floats(int column);

    /// <summary>Null where there is no list.</summary>
    public abstract int[]? Integers(int column);

    /// <summary>Of the row's model.</summary>
    public abstract ModelKey Key();

    public static double? ToNull(double value) => double.IsFinite(value) ? value : null;

    public static double ToNaN(double? value) => value ?? double.NaN;
}

/// <summary>Rows of a query whose columns are a schema's, from its column <paramref name="first"/> on.</summary>
/// <param name="keyIsNew">The column that says whether a row's key is another than that of the row before; null for none.</param>
internal sealed class ReaderCells(DuckDBDataReader reader, int first = 0, int? keyIsNew = null) : Cells
{
    // Tasks, methods and models come again and again: one object each.
    private readonly Dictionary<string, string> _texts = [];
    private readonly Dictionary<ModelKey, ModelKey> _keys = [];
    private ModelKey? _last;

    public override string Text(int column)
    {
        string text = reader.GetString(first + column);
        return _texts.TryGetValue(text, out string? known) ? known : _texts[text] = text;
    }

    public override int Integer(int column) => reader.GetInt32(first + column);

    public override int? Count(int column) => reader.IsDBNull(first + column) ? null : reader.GetInt32(first + column);

    public override double Number(int column) => ToNaN(reader.IsDBNull(first + column) ? null : reader.GetDouble(first + column));

    public override long Long(int column) => reader.GetInt64(first + column);

    public override float[] Floats(int column)
    {
        using Stream stream = reader.GetFieldValue<Stream>(first + column);
        float[] values = new float[stream.Length / sizeof(float)];
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    public override int[]? Integers(int column) =>
        reader.IsDBNull(first + column) ? null : [.. reader.GetFieldValue<List<int>>(first + column)];

    public override ModelKey Key()
    {
        if (_last is not null && keyIsNew is { } column && !reader.GetBoolean(column))
            return _last;
        ModelKey key = Schema<ModelKey>.Read(this);
        return _last = _keys.TryGetValue(key, out ModelKey? known) ? known : _keys[key] = key;
    }
}

/// <summary>Rows that stand as one list a column in a cell of a model's row.</summary>
/// <param name="lists">A list a column, of the same length; null in the place of a column of the key.</param>
internal sealed class ListCells(Array?[] lists, ModelKey key) : Cells
{
    public int Row { get; set; }

    public override string Text(int column) => ((string[])lists[column]!)[Row];

    public override int Integer(int column) => ((int[])lists[column]!)[Row];

    public override int? Count(int column) => ((int?[])lists[column]!)[Row];

    public override double Number(int column) => ((double[])lists[column]!)[Row];

    public override long Long(int column) => throw new NotSupportedException();

    public override float[] Floats(int column) => throw new NotSupportedException();

    public override int[] Integers(int column) => throw new NotSupportedException();

    public override ModelKey Key() => key;
}
