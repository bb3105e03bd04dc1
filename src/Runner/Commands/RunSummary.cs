using GpuMlp.Engine.Data;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;

namespace GpuMlp.Runner.Commands;

/// <summary>The tables that a merged run prints: F1, what pruning leaves of it and what further training gives back; of a run with several variants one table that compares them.</summary>
/// <param name="Models">Those of the spec's grid; what was trained to compare rates is in the report.</param>
/// <param name="Variants">Empty for a run with one.</param>
/// <param name="Count">Of all models of the run.</param>
/// <param name="Failed">How many of all have no finite loss.</param>
/// <param name="Names">Of the classes; a line a task under the tables says what it tells apart.</param>
internal sealed record RunSummary(
    IReadOnlyList<SweepTableRow> Models,
    IReadOnlyList<PruningTableRow> Pruned,
    IReadOnlyList<PruningTableRow> Finetuned,
    int PrunedSize,
    IReadOnlyList<VariantRow> Variants,
    int Count,
    int Failed,
    ClassNames Names)
{
    /// <param name="run">Merged. The size whose pruning is shown is that of its pictures.</param>
    public static RunSummary Of(RunDirectory run)
    {
        int hidden = run.Plan.Pictures.Hidden > 0 ? run.Plan.Pictures.Hidden : ShownModel.Of(run.Plan.Spec).Model.Hidden;
        IReadOnlyList<MergedModel> all = MergedRows.Models(run);
        List<MergedModel> models = [];

        // Rows go unit by unit, in the order of the plan.
        int first = 0;
        foreach (WorkUnit unit in run.Plan.Units)
        {
            if (!run.Plan.IsForRates(unit))
                models.AddRange(all.Skip(first).Take(unit.ModelCount));
            first += unit.ModelCount;
        }

        SweepTableRow[] rows =
        [
            .. models.Select(model => new SweepTableRow(
                model.Key.Task, model.Key.Hidden, model.Key.Seed, model.Key.LearningRate, model.BestTrainF1, model.ValidationF1, model.Ok)),
        ];
        int failed = all.Count(model => !model.Ok);
        if (run.Plan.Variants.Count > 1)
            return new RunSummary(rows, [], [], hidden, Compared(run, models), all.Count, failed, run.ClassNames);

        double[] levels = PruningTable.Levels(run.Plan.Spec.Sparsity);
        Dictionary<ModelKey, double> dense = models.Where(model => model.Ok && model.Key.Hidden == hidden).ToDictionary(model => model.Key, model => model.ValidationF1);
        PruningTableRow[] Shown(IEnumerable<MergedLevel> some) =>
        [
            .. from row in some
               where dense.ContainsKey(row.Key)
               select new PruningTableRow(row.Key.Task, row.Key.Seed, row.Key.LearningRate, row.Method, row.Sparsity, dense[row.Key], row.ValidationF1),
        ];
        return new RunSummary(
            rows, Shown(MergedRows.Pruned(run, hidden, levels)), Shown(MergedRows.Finetuned(run, hidden, levels)), hidden, [], all.Count, failed, run.ClassNames);
    }

    private static VariantRow[] Compared(RunDirectory run, List<MergedModel> models)
    {
        double? level = VariantTable.Level(run.Plan.Spec.Sparsity);
        ILookup<ModelKey, MergedLevel> pruned = MergedRows.Pruned(run, null, level is { } shown ? [shown] : []).ToLookup(row => row.Key);
        return
        [
            .. models.Select(model => new VariantRow(
                new TrainingVariant(
                    int.TryParse(model.Key.Batch, out int batch) ? batch : null, model.Key.Epochs, model.Key.InitStd, model.Key.WeightDecay),
                model.Key.LearningRate,
                model.Key.Hidden,
                model.Key.Task,
                model.Key.Seed,
                model.Ok ? model.BestTrainF1 : double.NaN,
                model.Ok ? model.ValidationF1 : double.NaN,
                [.. pruned[model.Key].Select(row => (row.Method, model.Ok ? row.ValidationF1 : double.NaN))])),
        ];
    }

    public void Write(SweepSpec spec, CommandIo io)
    {
        if (Variants.Count > 0)
        {
            VariantTable.Write(Variants, VariantTable.Level(spec.Sparsity), io);
            WriteNames(spec, io);
            return;
        }

        SweepTable.Write(Models, io);
        if (Pruned.Count > 0)
        {
            io.Out.WriteLine();
            PruningTable.Write(Pruned, PrunedSize, PruningTable.Levels(spec.Sparsity), io);
        }

        if (Finetuned.Count > 0)
        {
            io.Out.WriteLine();
            PruningTable.Write(Finetuned, PrunedSize, PruningTable.Levels(spec.Sparsity), io, $"F1 after {spec.FinetuneEpochs} more epochs,");
        }

        WriteNames(spec, io);
    }

    private void WriteNames(SweepSpec spec, CommandIo io)
    {
        if (Names.Names.Count == 0)
            return;

        // More than a screen of them says nothing.
        const int Most = 20;
        foreach (PairTask task in spec.Tasks.Take(Most))
            io.Out.WriteLine($"{task}: {Names.Of(task)}.");
        if (spec.Tasks.Count > Most)
            io.Out.WriteLine("The names of all classes: classes.txt.");
    }
}
