using DuckDB.NET.Data;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>Rows of the tables of a merged run, in their order, without a look at the units.</summary>
public static class RunTables
{
    /// <summary>Of a WHERE.</summary>
    public const string IsOk = $"status = '{Statuses.Ok}'", HasFailed = $"status <> '{Statuses.Ok}'";

    /// <param name="tail">WHERE and what follows it, in SQL.</param>
    /// <exception cref="UserErrorException">
    /// Not merged (exit 3), not the merge's, or a column that is not there or of another type; the message names file and column.
    /// </exception>
    public static IReadOnlyList<TRow> Read<TRow>(RunDirectory run, string tail = "") =>
        Ask<TRow>(run, Schema<TRow>.Name, from => from, tail);

    /// <summary>The models that failed.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static IReadOnlySet<ModelKey> Failed(RunDirectory run) =>
        Read<ResultRow>(run, $"WHERE {HasFailed}").Select(row => row.Key).ToHashSet();

    /// <summary>Whether a pruned model has one of these levels, for a WHERE. A level is the double that its shortest text names.</summary>
    /// <param name="levels">At least one.</param>
    public static string AtLevels(IEnumerable<double> levels) => $"sparsity IN ({string.Join(", ", levels.Select(DuckSession.Number))})";

    public static string PathOf(RunDirectory run, string table) => run.TablePath($"{table}.parquet");

    /// <summary>The answer to a question about a table, whose record is <typeparamref name="TRow"/>.</summary>
    /// <param name="question">A SELECT in brackets, from what stands behind FROM.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    internal static IReadOnlyList<TRow> Ask<TRow>(RunDirectory run, string table, Func<string, string> question, string tail = "")
    {
        string path = PathOf(run, table);
        run.Manifest.Check(path);
        try
        {
            return Schema<TRow>.Query(question(DuckSession.Parquet(path)), tail);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
        catch (Exception e) when (e is DuckDBException or InvalidDataException)
        {
            string problem = e is InvalidDataException ? e.Message : "damaged";
            throw new UserErrorException($"{path}: {problem}; of another version perhaps: `gpumlp merge` makes it again", inner: e);
        }
    }
}
