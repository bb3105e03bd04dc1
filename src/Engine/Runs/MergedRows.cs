using DuckDB.NET.Data;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Runs;

/// <summary>One model of a merged run.</summary>
/// <param name="Ok">False: it failed, and its figures mean nothing.</param>
public readonly record struct MergedModel(ModelKey Key, double BestTrainF1, double ValidationF1, bool Ok);

/// <summary>One model of a merged run at one level of pruning, and perhaps after further training.</summary>
/// <param name="Method">As in flags: <c>layer</c>; after further training with its protocol, <c>layer rewind</c>.</param>
public readonly record struct MergedLevel(ModelKey Key, string Method, double Sparsity, double ValidationF1);

/// <summary>Figures of a merged run from its tables, in their order: for what a command prints, without a look at the units.</summary>
public static class MergedRows
{
    /// <exception cref="UserErrorException">Not merged, or a table that is not the merge's.</exception>
    public static IReadOnlyList<MergedModel> Models(RunDirectory run)
    {
        List<MergedModel> models = [];
        Read(run, "results", "best_train_f1, val_f1, status", "", (ref RowReader row) =>
        {
            ModelKey key = Key(ref row);
            models.Add(new MergedModel(key, row.Number(), row.Number(), row.Text() == Trainer.Ok));
        });
        return models;
    }

    /// <summary>The models of a run that failed.</summary>
    /// <exception cref="UserErrorException">Not merged, or a damaged table.</exception>
    public static IReadOnlySet<ModelKey> Failed(RunDirectory run)
    {
        HashSet<ModelKey> failed = [];
        Read(run, "results", Columns.Status.Name, $"WHERE {Columns.Status.Name} <> '{Trainer.Ok}'",
            (ref RowReader row) => failed.Add(Key(ref row)));
        return failed;
    }

    /// <summary>Pruned models.</summary>
    /// <param name="hidden">Null for all sizes.</param>
    /// <param name="levels">Of sparsity.</param>
    /// <exception cref="UserErrorException">Not merged, or a table that is not the merge's.</exception>
    public static IReadOnlyList<MergedLevel> Pruned(RunDirectory run, int? hidden, IReadOnlyList<double> levels) =>
        run.Plan.Spec.Pruning.Count > 0 ? Levels(run, "pruning", "method", hidden, levels) : [];

    /// <summary>Pruned models that were trained further.</summary>
    /// <inheritdoc cref="Pruned"/>
    public static IReadOnlyList<MergedLevel> Finetuned(RunDirectory run, int? hidden, IReadOnlyList<double> levels) =>
        run.Plan.Spec.FinetuneProtocols > 0 ? Levels(run, "finetune", "method || ' ' || protocol", hidden, levels) : [];

    private static List<MergedLevel> Levels(RunDirectory run, string table, string method, int? hidden, IReadOnlyList<double> levels)
    {
        List<MergedLevel> rows = [];
        if (levels.Count == 0)
        {
            return rows;
        }

        // As text: a level is the double that its shortest text names, in the table as in the spec.
        string where = $"WHERE sparsity IN ({string.Join(", ", levels.Select(level => $"'{level:R}'::DOUBLE"))})" + (hidden is { } size ? $" AND hidden = {size}" : "");
        Read(run, table, $"{method}, sparsity, val_f1", where, (ref RowReader row) =>
        {
            ModelKey key = Key(ref row);
            rows.Add(new MergedLevel(key, string.Intern(row.Text()), row.Number(), row.Number()));
        });
        return rows;
    }

    private delegate void TakeRow(ref RowReader row);

    private static void Read(RunDirectory run, string table, string columns, string where, TakeRow take)
    {
        string path = run.TablePath($"{table}.parquet");
        run.Manifest.Check(path);
        try
        {
            DuckSession.Use(connection =>
            {
                connection.Query($"SELECT {Columns.Names(Columns.Key)}, {columns} FROM {DuckSession.Parquet(path)} {where}", reader =>
                {
                    RowReader row = new(reader);
                    take(ref row);
                });
                return true;
            });
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
        catch (DuckDBException e)
        {
            throw new UserErrorException($"{path}: damaged; merge the run again", ExitCodes.Incomplete, e);
        }
    }

    private static ModelKey Key(ref RowReader row) => new(
        string.Intern(row.Text()), row.Integer(), row.Integer(), row.Number(), string.Intern(row.Text()), row.Integer(), row.Number(), row.Number());
}
