using GpuMlp.Engine;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Runner.Tables;

namespace GpuMlp.Runner.Commands;

/// <summary>The tables that a merged run prints.</summary>
internal sealed record RunSummary(IReadOnlyList<SweepTableRow> Models, IReadOnlyList<PruningTableRow> Pruned, int PrunedSize)
{
    public int Failed => Models.Count(row => !row.Ok);

    /// <param name="run">All its units are saved.</param>
    /// <param name="hidden">The size whose pruning is shown.</param>
    public static RunSummary Of(RunDirectory run, int hidden)
    {
        double[] levels = PruningTable.Levels(run.Plan.Spec.Sparsity);
        List<SweepTableRow> models = [];
        List<PruningTableRow> pruned = [];
        foreach (WorkUnit unit in run.Plan.Units)
        {
            string variant = run.Plan.Variants.Count > 1 ? $"{run.Plan.VariantOf(unit)}" : "";
            foreach (ModelResult model in UnitFile.Read(run.UnitPath(unit.Id)).Models)
            {
                ModelKey key = model.Key;
                bool ok = model.Status == Trainer.Ok;
                models.Add(new SweepTableRow(key.Task, key.Hidden, key.Seed, key.LearningRate, model.BestTrainF1, model.Validation.F1, ok, variant));
                if (!ok || key.Hidden != hidden)
                    continue;
                pruned.AddRange(
                    from level in model.Pruning
                    where levels.Contains(level.Sparsity)
                    select new PruningTableRow(
                        key.Task, key.Seed, key.LearningRate, PruningMethods.Name(level.Method), level.Sparsity, model.Validation.F1, level.ValF1, variant));
            }
        }

        return new RunSummary(models, pruned, hidden);
    }

    /// <exception cref="UserErrorException">stdout is redirected to a full disk, say.</exception>
    public void Write(SweepSpec spec, CommandIo io)
    {
        try
        {
            SweepTable.Write(Models, io);
            if (Pruned.Count > 0)
            {
                io.Out.WriteLine();
                PruningTable.Write(Pruned, PrunedSize, PruningTable.Levels(spec.Sparsity), io);
            }
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, "stdout");
        }
    }
}
