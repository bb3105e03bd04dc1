using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace GpuMlp.Engine.Tables;

/// <summary>
/// The table that a record declares by <see cref="ColumnAttribute"/>: its columns, how a row is made from their values and how one
/// without figures looks. Rows are read by the names of columns, whatever their places in a file.
/// </summary>
/// <typeparam name="TRow">A record with properties that can be set; a constructor is not called.</typeparam>
[SuppressMessage("Design", "CA1000:Do not declare static members on generic types", Justification = "A record has one schema.")]
public static class Schema<TRow>
{
    private static readonly List<Column<TRow>> s_columns = [];

    // Compiled when they are asked for, which takes milliseconds.
    private static readonly Lazy<Func<Cells, TRow>> s_read;
    private static readonly Lazy<Func<TRow, TRow>> s_withoutFigures;

    static Schema()
    {
        ParameterExpression row = Expression.Parameter(typeof(TRow)), cells = Expression.Parameter(typeof(Cells));
        (Expression read, Expression failed) = Build(typeof(TRow), row, "", isKey: false, row, cells);
        s_read = new(Expression.Lambda<Func<Cells, TRow>>(read, cells).Compile);
        s_withoutFigures = new(Expression.Lambda<Func<TRow, TRow>>(failed, row).Compile);
    }

    /// <summary>Of the files, without <c>.csv</c> or <c>.parquet</c>; empty for a record that is the answer to a question.</summary>
    public static string Name { get; } = typeof(TRow).GetCustomAttribute<TableAttribute>()?.Name ?? "";

    /// <summary>In the order of the files: the key, what was asked for, figures, <c>status</c>.</summary>
    public static IReadOnlyList<Column<TRow>> Columns => s_columns;

    /// <summary>The columns behind the key.</summary>
    public static IEnumerable<Column<TRow>> Own => s_columns.Where(column => !column.IsKey);

    /// <summary>For a SELECT.</summary>
    public static string Names => string.Join(", ", s_columns.Select(column => column.Name));

    internal static IEnumerable<ColumnType> Types => s_columns.Select(column => new ColumnType(column.Name, column.Type));

    internal static Func<Cells, TRow> Read => s_read.Value;

    /// <summary>A copy with NaN or null for every figure, and the status of a model that failed where there is one.</summary>
    public static Func<TRow, TRow> WithoutFigures => s_withoutFigures.Value;

    /// <summary>Has <see cref="Read"/> compiled to the last instruction.</summary>
    internal static void Compile() => RuntimeHelpers.PrepareDelegate(Read);

    /// <exception cref="KeyNotFoundException">No column of that name.</exception>
    public static Column<TRow> Column(string name) =>
        s_columns.Find(column => column.Name == name) ?? throw new KeyNotFoundException($"{typeof(TRow).Name} has no column {name}");

    /// <summary>For a WHERE: that all columns of a record have these values.</summary>
    internal static string Equal(TRow row) => string.Join(" AND ", s_columns.Select(column =>
        column.Text(row) is { } text ? $"{column.Name} = {DuckSession.Quote(text)}"
            : $"{column.Name} = {DuckSession.Number(column.Number(row))}"));

    /// <summary>The rows of a table, table function or SELECT in brackets; memory is that of the rows.</summary>
    /// <param name="from">What stands behind FROM; it may have more columns, in any order.</param>
    /// <param name="tail">WHERE and what follows it.</param>
    /// <exception cref="InvalidDataException">A column is not there or has another type; the message names it.</exception>
    internal static List<TRow> Query(string from, string tail = "") => DuckSession.Use(connection =>
    {
        connection.Require(from, Types);
        List<TRow> rows = [];
        ReaderCells? cells = null;
        Func<Cells, TRow> read = Read;
        string select = $"SELECT {Names} FROM {from} {tail}";
        string key = string.Join(", ", s_columns.Where(column => column.IsKey).Select(column => column.Name));

        // Rows of one model follow each other: its key is made of a row that has another one than the row before.
        if (key.Length > 0)
            select = $"SELECT *, coalesce(row({key}) IS DISTINCT FROM lag(row({key})) OVER (), true) FROM ({select})";
        connection.Query(
            select, reader => rows.Add(read(cells ??= new ReaderCells(reader, keyIsNew: key.Length > 0 ? s_columns.Count : null))));
        return rows;
    });

    private static (Expression Read, Expression Failed) Build(
        Type type, Expression from, string prefix, bool isKey, ParameterExpression row, ParameterExpression cells)
    {
        List<MemberBinding> read = [], failed = [];
        foreach (PropertyInfo property in Properties(type))
        {
            MemberExpression value = Expression.Property(from, property);
            if (property.GetCustomAttribute<ColumnsAttribute>() is { } group)
            {
                // Rows of one model share one key.
                bool shared = property.PropertyType == typeof(ModelKey);
                var (inner, none) = Build(property.PropertyType, value, prefix + group.Prefix, isKey || shared, row, cells);
                read.Add(Expression.Bind(property, shared ? Expression.Call(cells, nameof(Cells.Key), []) : inner));
                failed.Add(Expression.Bind(property, shared ? value : none));
                continue;
            }

            ColumnAttribute declared = property.GetCustomAttribute<ColumnAttribute>()!;
            read.Add(Expression.Bind(property, Expression.Call(cells, ReaderOf(property), [], Expression.Constant(s_columns.Count))));
            failed.Add(Expression.Bind(property,
                declared is FigureAttribute
                    ? Expression.Constant(property.PropertyType == typeof(double) ? double.NaN : null, property.PropertyType)
                : property.Name == nameof(ModelRow.Status) ? Expression.Constant(Statuses.Failed)
                : value));
            s_columns.Add(new Column<TRow>(
                prefix, declared.Name ?? SnakeCase(property.Name), declared, isKey, Expression.Lambda(value, row)));
        }

        return (Expression.MemberInit(Expression.New(type), read), Expression.MemberInit(Expression.New(type), failed));
    }

    private static string ReaderOf(PropertyInfo property) => property.PropertyType switch
    {
        var type when type == typeof(string) => nameof(Cells.Text),
        var type when type == typeof(int) => nameof(Cells.Integer),
        var type when type == typeof(int?) => nameof(Cells.Count),
        var type when type == typeof(long) => nameof(Cells.Long),
        var type when type == typeof(double) => nameof(Cells.Number),
        var type when type == typeof(float[]) => nameof(Cells.Floats),
        var type when type == typeof(int[]) => nameof(Cells.Integers),
        _ => throw new NotSupportedException($"{property}: no column has this type"),
    };

    /// <summary>The key, then as declared, those of a base record behind.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type)
    {
        List<PropertyInfo> all = [];
        for (Type? at = type; at is not null; at = at.BaseType)
        {
            all.AddRange(at
                .GetProperties(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(property => Attribute.IsDefined(property, typeof(ColumnAttribute), inherit: false)
                    || Attribute.IsDefined(property, typeof(ColumnsAttribute), inherit: false))
                .OrderBy(property => property.MetadataToken));
        }

        return all.OrderBy(property => property.PropertyType != typeof(ModelKey));
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((letter, i) => char.IsUpper(letter) && i > 0 ? $"_{letter}" : $"{letter}")).ToLowerInvariant();
}
