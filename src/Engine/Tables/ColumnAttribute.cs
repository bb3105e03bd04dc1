namespace GpuMlp.Engine.Tables;

/// <summary>How the values of a column are written for people.</summary>
public enum Shown
{
    /// <summary>Words and whole numbers as they are; other numbers with three decimals.</summary>
    Plainly,

    /// <summary>A number as exact as it is.</summary>
    Exactly,

    /// <summary>A share 0..1 in percent.</summary>
    AsPercent,
}

/// <summary>
/// Makes a property a column of its record's table: this is all that declares one. The name is the property's in snake_case, the type
/// is what <see cref="Column{TRow}.Type"/> makes of the property's, and the place is that among its neighbours, a base record's behind.
/// Names and places are promises to users.
/// </summary>
/// <param name="unit">Unit or range, for people who read the file: <c>0..1</c>, <c>units</c>, <c>nats</c>; empty for words.</param>
[AttributeUsage(AttributeTargets.Property)]
public class ColumnAttribute(string unit = "") : Attribute
{
    public string Unit => unit;

    /// <summary>Where the property's own name is not the column's.</summary>
    public string? Name { get; init; }

    /// <summary>What stands above the column in a report; the name with blanks where nothing is said.</summary>
    public string? Head { get; init; }

    public Shown Shown { get; init; }
}

/// <summary>A column that a model without figures leaves empty: it is measured, where others say what was asked for.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FigureAttribute(string unit = "") : ColumnAttribute(unit);

/// <summary>The columns of a property's own record, in its place.</summary>
/// <param name="prefix">Of their names, and with a blank for its line of their heads.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ColumnsAttribute(string prefix = "") : Attribute
{
    public string Prefix => prefix;
}

/// <summary>Names the table of a record: <c>pruning</c> of pruning.csv and .parquet.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class TableAttribute(string name) : Attribute
{
    public string Name => name;
}
