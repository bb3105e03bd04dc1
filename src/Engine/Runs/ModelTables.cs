using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Kernels.Corrupt;

namespace GpuMlp.Engine.Runs;

/// <summary>The one list of tables that a model has rows in; unit files and the merge go through it in this order.</summary>
internal static class ModelTables
{
    public static IReadOnlyList<ModelTable> All { get; } = [Pruning(), Robustness()];

    private static ModelTable<PruningResult> Pruning() => new(
        "pruning",
        spec => spec.Pruning.Count > 0,
        model => model.Pruning,
        (model, rows) => model with { Pruning = rows },
        cells => new PruningResult(
            cells.Text() is var name && PruningMethods.Find(name) is { } method ? method : throw new FormatException($"pruning method {name}"),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Number(),
            cells.Integer(),
            cells.Integer(),
            cells.Integer()),
        [
            TableColumn<PruningResult>.Text("method", r => PruningMethods.Name(r.Method)),
            TableColumn<PruningResult>.Number("sparsity", r => r.Sparsity),
            TableColumn<PruningResult>.Number("zero_w1", r => r.ZeroW1),
            TableColumn<PruningResult>.Number("zero_w2", r => r.ZeroW2),
            TableColumn<PruningResult>.Number("val_f1", r => r.ValF1),
            TableColumn<PruningResult>.Number("val_auc", r => r.ValAuc),
            TableColumn<PruningResult>.Number("val_accuracy", r => r.ValAccuracy),
            TableColumn<PruningResult>.Integer("dead_inactive", r => r.DeadInactive),
            TableColumn<PruningResult>.Integer("dead_no_input", r => r.DeadNoInput),
            TableColumn<PruningResult>.Integer("dead_no_output", r => r.DeadNoOutput),
        ]);

    private static ModelTable<RobustnessResult> Robustness() => new(
        "robustness",
        spec => spec.Corruptions.Count > 0,
        model => model.Robustness,
        (model, rows) => model with { Robustness = rows },
        cells => new RobustnessResult(
            new Corruption(
                cells.Text() is var name && CorruptionNames.FindKind(name) is { } kind ? kind : throw new FormatException($"corruption {name}"),
                cells.Number()),
            cells.Number(),
            cells.Number()),
        [
            TableColumn<RobustnessResult>.Text("corruption", r => CorruptionNames.Name(r.Corruption.Kind)),
            TableColumn<RobustnessResult>.Number("severity", r => r.Corruption.Severity),
            TableColumn<RobustnessResult>.Number("val_f1", r => r.ValF1),
            TableColumn<RobustnessResult>.Number("val_accuracy", r => r.ValAccuracy),
        ]);
}
