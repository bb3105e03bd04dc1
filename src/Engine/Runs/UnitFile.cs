using System.Globalization;
using DuckDB.NET.Data;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Runs;

/// <summary>Everything of one finished unit.</summary>
/// <param name="Models">In the order of <see cref="Plan.ModelsOf"/>.</param>
public sealed record UnitResult(WorkUnit Unit, Split Split, IReadOnlyList<ModelResult> Models);

/// <summary>
/// One unit as a Parquet file, one row a model: the columns of <see cref="ResultRow"/>, <c>model_index</c> (in the cohort's list),
/// <c>history_*</c>, <c>pruning_*</c> and the like (lists, see <see cref="ModelTable"/>),
/// <c>w1 b1 w2 b2</c> (BLOBs: float32, little endian, W1 row-major [D, H]), <c>state</c> (likewise, what the optimiser remembers),
/// <c>split_train split_validation split_noisy split_noisy_labels</c> (lists in the first row, NULL below; see <see cref="Split"/>).
/// Key-value metadata: <c>format plan_hash unit first_model models variant checksum</c> (see <see cref="SealedParquet"/>). Figures that
/// are not finite are stored as NULL and come back as NaN. The same result gives the same bytes.
/// </summary>
public static class UnitFile
{
    private static readonly ColumnType[] s_columns =
    [
        .. Schema<ResultRow>.Types,
        new("model_index", "INTEGER"),
        .. AnalysisList.Tables.SelectMany(table => table.Lists),
        .. Schema<Remainder>.Types,
    ];

    private static string Names => string.Join(", ", s_columns.Select(column => column.Name));

    /// <summary>What a unit file has of a model besides rows of tables; the lists are null but for the first model.</summary>
    private sealed record Remainder
    {
        [Column] public required float[] W1 { get; init; }
        [Column] public required float[] B1 { get; init; }
        [Column] public required float[] W2 { get; init; }
        [Column] public required float[] B2 { get; init; }
        [Column] public required float[] State { get; init; }
        [Column] public required int[]? SplitTrain { get; init; }
        [Column] public required int[]? SplitValidation { get; init; }
        [Column] public required int[]? SplitNoisy { get; init; }
        [Column] public required int[]? SplitNoisyLabels { get; init; }
    }

    /// <summary>Writes the file whole or not at all.</summary>
    /// <exception cref="ArgumentException">The result holds another number of models than its unit.</exception>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static void Write(string path, UnitResult result, string planHash)
    {
        if (result.Models.Count != result.Unit.ModelCount)
        {
            throw new ArgumentException(
                $"unit {result.Unit.Id} has {result.Unit.ModelCount} models, its result {result.Models.Count}",
                nameof(result));
        }

        string options = DuckSession.ParquetOptions(
        [
            ("format", $"{Plan.CurrentFormat}"),
            ("plan_hash", planHash),
            ("unit", $"{result.Unit.Id}"),
            ("first_model", $"{result.Unit.FirstModel}"),
            ("models", $"{result.Unit.ModelCount}"),
            ("variant", $"{result.Unit.Variant}"),
            SealedParquet.Placeholder,
        ]);
        AtomicFile.WriteThrough(path, WriteTemporary, isValid: written => Problem(written, planHash, result.Unit) is null);

        void WriteTemporary(string temporary) => DuckSession.Use(connection =>
        {
            connection.Execute($"CREATE TABLE unit ({string.Join(", ", s_columns.Select(column => $"{column.Name} {column.Type}"))})");
            using (DuckDBAppender appender = connection.CreateAppender("unit"))
            {
                for (int i = 0; i < result.Models.Count; i++)
                {
                    Append(appender.CreateRow(), result, i);
                }
            }

            connection.Execute($"COPY unit TO {DuckSession.Quote(temporary)} ({options})");
            connection.Execute("DROP TABLE unit");
            SealedParquet.Seal(temporary);
            return true;
        });
    }

    /// <summary>Reads a file of <see cref="Write"/>.</summary>
    /// <exception cref="UserErrorException">There is no such file, or it is damaged.</exception>
    public static UnitResult Read(string path)
    {
        try
        {
            Dictionary<string, string> metadata = Metadata(path);
            List<ModelResult> models = [];
            Remainder? first = null;
            DuckSession.Use(connection =>
            {
                connection.Require(DuckSession.Parquet(path), s_columns);
                connection.Query($"SELECT {Names} FROM {DuckSession.Parquet(path)}", reader =>
                {
                    (ModelResult model, Remainder remainder) = ReadModel(reader);
                    models.Add(model);
                    first ??= remainder;
                });
                return true;
            });

            ModelKey key = models[0].Key;
            ClassTask task = ClassTask.TryParse(key.Task, out ClassTask? parsed) ? parsed : throw new FormatException(key.Task);
            WorkUnit unit = new(
                Number(metadata, "unit"),
                task,
                key.Seed,
                Number(metadata, "first_model"),
                models.Count,
                Number(metadata, "variant"));
            return new UnitResult(
                unit,
                new Split(task, key.Seed, first!.SplitTrain ?? [], first.SplitValidation ?? [])
                {
                    Noisy = first.SplitNoisy ?? [],
                    NoisyLabels = first.SplitNoisyLabels ?? [],
                },
                models);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
        catch (Exception e) when (e is DuckDBException or InvalidCastException or KeyNotFoundException or ArgumentException
            or FormatException
            or InvalidOperationException or OverflowException or InvalidDataException)
        {
            string problem = e is InvalidDataException ? e.Message : "damaged";
            throw new UserErrorException($"{path}: {problem}; delete it and run the same command again", ExitCodes.Incomplete, e);
        }
    }

    /// <summary>Whether the file is whole, to the last bit, and belongs to this plan and unit.</summary>
    /// <param name="endOnly">Looks at the end of the file alone (some 20 us): cut files and foreign ones are found, flipped bytes are
    /// not.</param>
    /// <returns>Null if it is, else what is wrong.</returns>
    /// <exception cref="IOException">Cannot be read, which says nothing about the file; so does
    /// <see cref="UnauthorizedAccessException"/>.</exception>
    internal static string? Problem(string path, string planHash, WorkUnit unit, bool endOnly = false)
    {
        try
        {
            using FileStream stream = RegularFile.Open(path);
            return SealedParquet.Look(stream) is not { } file ? "torn or not Parquet"
                : !file.Has("plan_hash", planHash) ? "made by another plan"
                : !file.Has("format", $"{Plan.CurrentFormat}") ? "of another version"
                : !file.Has("unit", $"{unit.Id}") || !file.Has("models", $"{unit.ModelCount}") ? "another unit"
                : !endOnly && !SealedParquet.ChecksumHolds(stream) ? "its checksum does not match"
                : null;
        }
        catch (Exception e) when (e is FileNotFoundException or EndOfStreamException)
        {
            // Another process has set it aside, or is cutting it: for this one, not finished.
            return "gone or torn";
        }
        catch (NotRegularFileException e)
        {
            return e.Message;
        }
    }

    /// <summary>The plan that a file says it was made by; null for what is no whole unit file.</summary>
    internal static string? PlanOf(string path)
    {
        try
        {
            using FileStream stream = RegularFile.Open(path);
            return SealedParquet.Look(stream)?.DigestOf("plan_hash");
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            return null;
        }
    }

    private static Dictionary<string, string> Metadata(string path) => DuckSession.Use(connection =>
    {
        Dictionary<string, string> metadata = [];
        connection.Query(
            $"SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata({DuckSession.QuoteFile(path)})",
            reader => metadata[reader.GetString(0)] = reader.GetString(1));
        return metadata;
    });

    private static int Number(Dictionary<string, string> metadata, string key) =>
        int.Parse(metadata[key], NumberStyles.None, CultureInfo.InvariantCulture);

    private static void Append(IDuckDBAppenderRow row, UnitResult result, int index)
    {
        ModelResult model = result.Models[index];
        foreach (Column<ResultRow> column in Schema<ResultRow>.Columns)
        {
            column.Append(row, model);
        }

        row.AppendValue(result.Unit.FirstModel + index);
        foreach (ModelTable table in AnalysisList.Tables)
        {
            table.Append(row, model.Rows);
        }

        Remainder remainder = new()
        {
            W1 = model.Weights.W1,
            B1 = model.Weights.B1,
            W2 = model.Weights.W2,
            B2 = model.Weights.B2,
            State = model.State,
            SplitTrain = index == 0 ? result.Split.Train : null,
            SplitValidation = index == 0 ? result.Split.Validation : null,
            SplitNoisy = index == 0 ? result.Split.Noisy : null,
            SplitNoisyLabels = index == 0 ? result.Split.NoisyLabels : null,
        };
        foreach (Column<Remainder> column in Schema<Remainder>.Columns)
        {
            column.Append(row, remainder);
        }

        row.EndRow();
    }

    private static (ModelResult Model, Remainder Remainder) ReadModel(DuckDBDataReader reader)
    {
        // Behind the results and model_index.
        int next = Schema<ResultRow>.Columns.Count + 1;
        ResultRow row = Schema<ResultRow>.Read(new ReaderCells(reader));
        RowLists rows = RowLists.None;
        foreach (ModelTable table in AnalysisList.Tables)
        {
            rows = table.Read(reader, next, row.Key, rows);
            next += table.Lists.Count;
        }

        Remainder rest = Schema<Remainder>.Read(new ReaderCells(reader, next));
        int hidden = row.Key.Hidden;
        return hidden > 0 && rest.B1.Length == hidden && rest.B2.Length > 0 && rest.W2.Length == rest.B2.Length * hidden
            && rest.W1.Length % hidden == 0 && rest.State.Length % (rest.W1.Length + hidden + rest.W2.Length + rest.B2.Length) == 0
            ? (new ModelResult(row, rows, new ModelParameters(rest.W1, rest.B1, rest.W2, rest.B2)) { State = rest.State }, rest)
            : throw new InvalidDataException($"weights of another size in model {hidden}, {row.Key.LearningRate}");
    }
}
