using DuckDB.NET.Data;

namespace GpuMlp.Engine.Tables;

/// <summary>
/// One in-memory DuckDB of this process, used by one caller at a time. Opening one takes some 30 to 100 ms, a unit file a
/// few: so it stays open. One thread and no spilling, so that the bytes written depend on the data alone.
/// </summary>
internal static class DuckSession
{
    // Above any unit (see the limits in Plan), far below any machine's memory. No cache of files: every one is read once, and
    // the cache would keep 50 KB of each of a hundred thousand.
    private const string Settings =
        "SET threads=1; SET memory_limit='2GB'; SET temp_directory=''; SET preserve_insertion_order=true; SET "
            + "enable_external_file_cache=false; "
        + "SET autoinstall_known_extensions=false; SET autoload_known_extensions=false;";

    private static readonly Lock s_lock = new();
    private static DuckDBConnection? s_connection;

    public static T Use<T>(Func<DuckDBConnection, T> work)
    {
        lock (s_lock)
        {
            try
            {
                return work(s_connection ??= Open());
            }
            catch
            {
                // An error may leave tables behind, a fatal one the whole database unusable.
                s_connection?.Dispose();
                s_connection = null;
                throw;
            }
        }
    }

    public static void Execute(this DuckDBConnection connection, string sql)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>Calls <paramref name="row"/> for each row; the result is never in memory as a whole.</summary>
    public static void Query(this DuckDBConnection connection, string sql, Action<DuckDBDataReader> row)
    {
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using DuckDBDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            row(reader);
        }
    }

    /// <summary>Refuses what lacks a column or has one of another type.</summary>
    /// <param name="from">What stands behind FROM.</param>
    /// <exception cref="InvalidDataException">The message names the column.</exception>
    public static void Require(this DuckDBConnection connection, string from, IEnumerable<ColumnType> columns)
    {
        Dictionary<string, string> types = [];
        connection.Query($"DESCRIBE SELECT * FROM {from}", reader => types[reader.GetString(0)] = reader.GetString(1));
        foreach ((string name, string type) in columns)
        {
            if (!types.TryGetValue(name, out string? found))
            {
                throw new InvalidDataException($"no column {name}");
            }

            if (found != type)
            {
                throw new InvalidDataException($"column {name} is {found} instead of {type}");
            }
        }
    }

    /// <summary>The literal of a double, to the last bit.</summary>
    public static string Number(double value) => $"'{value:R}'::DOUBLE";

    /// <summary>A string literal.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''")}'";

    /// <summary>
    /// Parquet files as SQL, read one after the other, in this order. The one way in which they are read: by default
    /// DuckDB takes a folder named <c>hidden=7</c> anywhere above a file for a column, in the place of the file's own.
    /// </summary>
    public static string Parquet(params IEnumerable<string> paths) =>
        $"read_parquet([{string.Join(", ", paths.Select(QuoteFile))}], hive_partitioning=false, union_by_name=false, filename=false)";

    /// <summary>A literal for one file to read: DuckDB takes every name for a pattern, so its special characters go in brackets.</summary>
    public static string QuoteFile(string path) =>
        Quote(Path.GetFullPath(path).Replace("[", "[[]").Replace("*", "[*]").Replace("?", "[?]"));

    /// <summary>
    /// Refuses a folder whose files <see cref="QuoteFile"/> cannot name: in a pattern, a backslash ends the name of a folder.
    /// </summary>
    /// <exception cref="UserErrorException">The path holds a backslash and a character of patterns.</exception>
    public static void RefuseUnreadable(string folder)
    {
        string full = Path.GetFullPath(folder);
        if (Path.DirectorySeparatorChar != '\\' && full.Contains('\\') && full.AsSpan().ContainsAny("*?["))
        {
            throw new UserErrorException($"{folder}: the path of a run must not hold a backslash beside any of * ? [");
        }
    }

    /// <summary>The options of every Parquet file; <paramref name="metadata"/> goes to its key-value metadata.</summary>
    public static string ParquetOptions(IReadOnlyCollection<(string Key, string Value)> metadata) =>
        "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
        + (metadata.Count > 0 ? $", KV_METADATA {{{string.Join(", ", metadata.Select(pair => $"{pair.Key}: {Quote(pair.Value)}"))}}}" : "");

    private static DuckDBConnection Open()
    {
        DuckDBConnection connection = new("Data Source=:memory:");
        connection.Open();
        connection.Execute(Settings);
        return connection;
    }
}
