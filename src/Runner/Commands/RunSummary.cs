using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
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
    /// <param name="run">All its units are saved.</param>
    /// <param name="hidden">The size whose pruning is shown.</param>
    public static RunSummary Of(RunDirectory run, int hidden)
    {
        double[] levels = PruningTable.Levels(run.Plan.Spec.Sparsity);
        List<SweepTableRow> models = [];
        int count = 0, failed = 0;
        List<PruningTableRow> pruned = [], finetuned = [];
        List<VariantRow> variants = [];
        double? variantLevel = VariantTable.Level(run.Plan.Spec.Sparsity);
        foreach (WorkUnit unit in run.Plan.Units)
        {
            TrainingVariant variant = run.Plan.VariantOf(unit);
            bool forRates = run.Plan.IsForRates(unit);
            foreach (ModelResult model in UnitFile.Read(run.UnitPath(unit.Id)).Models)
            {
                ModelKey key = model.Key;
                bool ok = model.Status == Trainer.Ok;
                count++;
                failed += ok ? 0 : 1;
                if (forRates)
                    continue;
                models.Add(new SweepTableRow(key.Task, key.Hidden, key.Seed, key.LearningRate, model.BestTrainF1, model.Validation.F1, ok));
                if (run.Plan.Variants.Count > 1)
                    variants.Add(VariantRow.Of(variant, model, variantLevel));
                if (!ok || key.Hidden != hidden)
                    continue;
                pruned.AddRange(model.Pruning.Where(level => levels.Contains(level.Sparsity)).Select(level => Row(model, level, protocol: "")));
                finetuned.AddRange(
                    model.Finetune.Where(row => levels.Contains(row.Pruned.Sparsity)).Select(row => Row(model, row.Pruned, $" {row.Protocol}")));
            }
        }

        return new RunSummary(models, pruned, finetuned, hidden, variants, count, failed, run.ClassNames);
    }

    private static PruningTableRow Row(ModelResult model, PruningResult level, string protocol) => new(
        model.Key.Task, model.Key.Seed, model.Key.LearningRate, PruningMethods.Name(level.Method) + protocol, level.Sparsity, model.Validation.F1, level.ValF1);

    /// <exception cref="UserErrorException">stdout is redirected to a full disk, say.</exception>
    public void Write(SweepSpec spec, CommandIo io)
    {
        try
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
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, "stdout");
        }
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
