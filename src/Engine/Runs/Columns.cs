using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Sweeps;

namespace GpuMlp.Engine.Runs;

/// <summary>A column of a table: its name and DuckDB type.</summary>
internal readonly record struct Column(string Name, string Type);

/// <summary>The columns of the tables that users read; names and order are promises.</summary>
internal static class Columns
{
    /// <summary>First in every table.</summary>
    public static readonly Column[] Key =
    [
        .. SweepSpec.Fields.Select(field => field.Column).OfType<KeyColumn>().OrderBy(column => column.Place)
            .Select(column => new Column(column.Name, column.Type)),
    ];

    /// <summary>
    /// Last in every table: whether the row has figures, <see cref="Training.Trainer.Ok"/> or <see cref="Training.Trainer.Failed"/>.
    /// </summary>
    public static readonly Column Status = new("status", "VARCHAR");

    /// <summary>What results.csv has after the key.</summary>
    public static readonly Column[] Results =
    [
        new("train_loss", "DOUBLE"), new("train_accuracy", "DOUBLE"), new("train_precision", "DOUBLE"),
        new("train_recall", "DOUBLE"), new("train_f1", "DOUBLE"), new("train_auc", "DOUBLE"),
        new("val_loss", "DOUBLE"), new("val_accuracy", "DOUBLE"), new("val_precision", "DOUBLE"),
        new("val_recall", "DOUBLE"), new("val_f1", "DOUBLE"), new("val_auc", "DOUBLE"),
        new("best_train_f1", "DOUBLE"), new("best_train_f1_epoch", "INTEGER"),
        new("dead_inactive", "INTEGER"), new("dead_no_input", "INTEGER"), new("dead_no_output", "INTEGER"),
        Status,
    ];

    /// <summary>What history.csv has between the key with <c>epoch</c> and <c>status</c>, which is the model's.</summary>
    public static readonly string[] History = ["train_loss", "train_accuracy", "train_precision", "train_recall", "train_f1"];

    /// <summary>In unit files: one list of all epochs.</summary>
    public static string HistoryList(string figure) => $"history_{figure}";

    public static string Names(IEnumerable<Column> columns) => string.Join(", ", columns.Select(column => column.Name));
}
