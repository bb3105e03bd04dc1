using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// The tables of a run from its unit files: results, and those of <see cref="AnalysisList"/> that the plan has. Rows are
/// streamed; a run of very many units goes through intermediate files of a thousand units each, so that memory does not
/// grow with it.
/// </summary>
internal static class TableFiles
{
    /// <summary>Units of a query, which keeps some 10 KB of each of its files until it ends.</summary>
    public const int UnitsAtOnce = 1000;

    private readonly record struct Table(string Name, string Columns, bool HasText);

    /// <param name="run">All its units are saved.</param>
    /// <param name="manifest">Takes in every file.</param>
    /// <param name="told">Told the table that is begun, how many are done and how many there are.</param>
    public static void Write(RunDirectory run, RunManifest manifest, int unitsAtOnce, Action<string, int, int> told)
    {
        Table[] tables = [.. Tables(run.Plan.Spec)];
        int done = 0;
        string[][] chunks = [.. run.Plan.Units.Select(unit => run.UnitPath(unit.Id)).Chunk(unitsAtOnce)];
        foreach (Table table in tables)
        {
            told(table.Name, done++, tables.Length);
            if (chunks.Length == 1)
            {
                Write(run, table, Query(table, chunks[0]), manifest);
                continue;
            }

            List<string> parts = [];
            try
            {
                foreach (string[] chunk in chunks)
                {
                    // Named like every other temporary file, so that one of a killed process is removed by the next start.
                    parts.Add(Path.Combine(Path.GetFullPath(run.Path), AtomicFile.TemporaryName(table.Name)));
                    Copy(Query(table, chunk), parts[^1], DuckSession.ParquetOptions([]));
                }

                Write(run, table, $"SELECT * FROM {DuckSession.Parquet(parts)}", manifest);
            }
            finally
            {
                parts.ForEach(File.Delete);
            }
        }
    }

    private static string Query(Table table, IEnumerable<string> units) => $"SELECT {table.Columns} FROM {DuckSession.Parquet(units)}";

    private static void Write(RunDirectory run, Table table, string query, RunManifest manifest)
    {
        string parquet = run.TablePath($"{table.Name}.parquet"), csv = run.TablePath($"{table.Name}.csv");
        AtomicFile.WriteThrough(parquet, temporary => Copy(query, temporary, DuckSession.ParquetOptions([("plan_hash", run.Plan.Hash)])));
        manifest.Add(parquet);
        if (table.HasText)
        {
            // Opening a unit file costs as much as reading its figures, so the text is made from the table and not from the units.
            string text = $"SELECT * FROM {DuckSession.Parquet(parquet)}";
            AtomicFile.WriteThrough(csv, temporary => Copy(text, temporary, "FORMAT csv, HEADER, USE_TMP_FILE false"));
            manifest.Add(csv);
        }
    }

    private static void Copy(string query, string file, string options) => DuckSession.Use(connection =>
    {
        connection.Execute($"COPY ({query}) TO {DuckSession.Quote(file)} ({options})");
        return true;
    });

    private static IEnumerable<Table> Tables(SweepSpec spec)
    {
        yield return new Table(Schema<ResultRow>.Name, Schema<ResultRow>.Names, HasText: true);
        foreach (ModelTable table in AnalysisList.TablesOf(spec))
        {
            yield return new Table(table.Name, $"{Schema<ModelKey>.Names}, {table.Unnested}", table.HasText);
        }
    }
}
