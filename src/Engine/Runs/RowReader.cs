using System.Runtime.InteropServices;
using DuckDB.NET.Data;

namespace GpuMlp.Engine.Runs;

/// <summary>Takes the columns of a row one after the other, in the order of the table. NULL is NaN, of counts null.</summary>
internal struct RowReader(DuckDBDataReader reader)
{
    private int _next;

    public string Text() => reader.GetString(_next++);

    public int Integer() => reader.GetInt32(_next++);

    public int? Count() => reader.IsDBNull(_next++) ? null : reader.GetInt32(_next - 1);

    public double Number() => reader.IsDBNull(_next) ? Skip() : reader.GetDouble(_next++);

    public string[] Texts() => [.. reader.GetFieldValue<List<string>>(_next++)];

    public double[] Numbers() => [.. reader.GetFieldValue<List<double?>>(_next++).Select(value => value ?? double.NaN)];

    public int[] Integers() => [.. reader.GetFieldValue<List<int>>(_next++)];

    public int?[] Counts() => [.. reader.GetFieldValue<List<int?>>(_next++)];

    public float[] Floats()
    {
        using Stream stream = reader.GetFieldValue<Stream>(_next++);
        float[] values = new float[stream.Length / sizeof(float)];
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private double Skip()
    {
        _next++;
        return double.NaN;
    }
}
