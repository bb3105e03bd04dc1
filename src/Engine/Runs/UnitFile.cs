using System.Globalization;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Runs;

/// <summary>Everything of one finished unit.</summary>
/// <param name="Models">In the order of <see cref="Plan.ModelsOf"/>.</param>
public sealed record UnitResult(WorkUnit Unit, Split Split, IReadOnlyList<ModelResult> Models);

/// <summary>
/// One unit as a Parquet file, one row a model: the key and results columns, <c>model_index</c> (in the cohort's list),
/// <c>history_*</c> (lists, one number an epoch), <c>pruning_*</c> and the like (lists, see <see cref="ModelTable"/>),
/// <c>w1 b1 w2 b2</c> (BLOBs: float32, little endian, W1 row-major [D, H]),
/// <c>split_train split_validation</c> (lists in the first row, NULL below). Key-value metadata: <c>plan_hash unit
/// first_model models variant checksum</c> (see <see cref="SealedParquet"/>). Figures that are not finite are stored as NULL and come back as NaN. The same result gives
/// the same bytes.
/// </summary>
public static class UnitFile
{
    private static readonly Column[] s_columns =
    [
        .. Columns.Key,
        .. Columns.Results,
        new("model_index", "INTEGER"),
        .. Columns.History.Select(figure => new Column(Columns.HistoryList(figure), "DOUBLE[]")),
        .. ModelTables.All.SelectMany(table => table.Lists),
        new("w1", "BLOB"), new("b1", "BLOB"), new("w2", "BLOB"), new("b2", "BLOB"),
        new("split_train", "INTEGER[]"), new("split_validation", "INTEGER[]"),
    ];

    /// <summary>Writes the file whole or not at all.</summary>
    /// <exception cref="ArgumentException">The result holds another number of models than its unit.</exception>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static void Write(string path, UnitResult result, string planHash)
    {
        if (result.Models.Count != result.Unit.ModelCount)
        {
            throw new ArgumentException($"unit {result.Unit.Id} has {result.Unit.ModelCount} models, its result {result.Models.Count}", nameof(result));
        }

        string options = DuckSession.ParquetOptions(
        [
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
            int[] train = [];
            int[] validation = [];
            DuckSession.Use(connection =>
            {
                connection.Query($"SELECT {Columns.Names(s_columns)} FROM {DuckSession.Parquet(path)}", reader =>
                {
                    RowReader row = new(reader);
                    models.Add(ReadModel(ref row));
                    if (models.Count == 1)
                    {
                        train = row.Integers();
                        validation = row.Integers();
                    }
                });
                return true;
            });

            ModelKey key = models[0].Key;
            PairTask task = PairTask.TryParse(key.Task, out PairTask parsed) ? parsed : throw new FormatException(key.Task);
            WorkUnit unit = new(Number(metadata, "unit"), task, key.Seed, Number(metadata, "first_model"), models.Count, Number(metadata, "variant"));
            return new UnitResult(unit, new Split(task, key.Seed, train, validation), models);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
        catch (Exception e) when (e is DuckDBException or InvalidCastException or KeyNotFoundException or ArgumentException or FormatException
            or InvalidOperationException or OverflowException)
        {
            throw new UserErrorException($"{path}: damaged; delete it and run the same command again", ExitCodes.Incomplete, e);
        }
    }

    /// <summary>Whether the file is whole, to the last bit, and belongs to this plan and unit.</summary>
    /// <param name="endOnly">Looks at the end of the file alone (some 20 us): cut files and foreign ones are found, flipped bytes are not.</param>
    /// <returns>Null if it is, else what is wrong.</returns>
    /// <exception cref="IOException">Cannot be read, which says nothing about the file; so does <see cref="UnauthorizedAccessException"/>.</exception>
    internal static string? Problem(string path, string planHash, WorkUnit unit, bool endOnly = false)
    {
        try
        {
            using FileStream stream = RegularFile.Open(path);
            return SealedParquet.Look(stream) is not { } file ? "torn or not Parquet"
                : !file.Has("plan_hash", planHash) ? "made by another plan"
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
        ModelKey key = model.Key;
        row.AppendValue(key.Task).AppendValue(key.Seed).AppendValue(key.Hidden)
            .AppendValue(key.LearningRate).AppendValue(key.Batch).AppendValue(key.Epochs)
            .AppendValue(key.InitStd).AppendValue(key.WeightDecay);
        AppendMetrics(row, model.Train);
        AppendMetrics(row, model.Validation);
        row.AppendValue(Finite(model.BestTrainF1)).AppendValue(model.BestTrainF1Epoch)
            .AppendValue(model.DeadInactive).AppendValue(model.DeadNoInput).AppendValue(model.DeadNoOutput)
            .AppendValue(model.Status).AppendValue(result.Unit.FirstModel + index);
        AppendHistory(row, model, epoch => epoch.Loss);
        AppendHistory(row, model, epoch => epoch.Accuracy);
        AppendHistory(row, model, epoch => epoch.Precision);
        AppendHistory(row, model, epoch => epoch.Recall);
        AppendHistory(row, model, epoch => epoch.F1);
        foreach (ModelTable table in ModelTables.All)
        {
            table.Append(row, model);
        }

        row.AppendValue(Bytes(model.Weights.W1)).AppendValue(Bytes(model.Weights.B1))
            .AppendValue(Bytes(model.Weights.W2)).AppendValue(Bytes([model.Weights.B2]));
        if (index == 0)
        {
            row.AppendValue<int>(result.Split.Train).AppendValue<int>(result.Split.Validation);
        }
        else
        {
            row.AppendNullValue().AppendNullValue();
        }

        row.EndRow();
    }

    private static void AppendMetrics(IDuckDBAppenderRow row, Metrics metrics) => row
        .AppendValue(Finite(metrics.Loss)).AppendValue(Finite(metrics.Accuracy)).AppendValue(Finite(metrics.Precision))
        .AppendValue(Finite(metrics.Recall)).AppendValue(Finite(metrics.F1)).AppendValue(Finite(metrics.Auc));

    private static void AppendHistory(IDuckDBAppenderRow row, ModelResult model, Func<EpochMetrics, double> figure) =>
        row.AppendValue<double?>(model.History.Select(epoch => Finite(figure(epoch))).ToList());

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    // Every platform of .NET and ILGPU that can run this is little endian, as the format is.
    private static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    private static ModelResult ReadModel(ref RowReader row)
    {
        ModelKey key = new(row.Text(), row.Integer(), row.Integer(), row.Number(), row.Text(), row.Integer(), row.Number(), row.Number());
        Metrics train = ReadMetrics(ref row);
        Metrics validation = ReadMetrics(ref row);
        double best = row.Number();
        int? bestEpoch = row.Count(), inactive = row.Count(), noInput = row.Count(), noOutput = row.Count();
        string status = row.Text();
        row.Integer();
        double[] loss = row.Numbers();
        double[] accuracy = row.Numbers();
        double[] precision = row.Numbers();
        double[] recall = row.Numbers();
        double[] f1 = row.Numbers();
        ModelResult tables = new(key, train, validation, best, bestEpoch, inactive, noInput, noOutput, status, [], new([], [], [], 0), []);
        foreach (ModelTable table in ModelTables.All)
        {
            tables = table.Read(ref row, tables);
        }

        ModelParameters weights = new(row.Floats(), row.Floats(), row.Floats(), row.Floats().Single());
        bool whole = new[] { accuracy, precision, recall, f1 }.All(list => list.Length == loss.Length)
            && key.Hidden > 0 && weights.B1.Length == key.Hidden && weights.W2.Length == key.Hidden && weights.W1.Length % key.Hidden == 0;
        if (!whole)
        {
            throw new FormatException($"lists of different lengths in model {key.Hidden}, {key.LearningRate}");
        }

        EpochMetrics[] history =
            [.. loss.Select((_, i) => new EpochMetrics(loss[i], accuracy[i], precision[i], recall[i], f1[i]))];
        return tables with { History = history, Weights = weights };
    }

    private static Metrics ReadMetrics(ref RowReader row) =>
        new(row.Number(), row.Number(), row.Number(), row.Number(), row.Number(), row.Number());
}
