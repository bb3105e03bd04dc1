using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Tables;

namespace GpuMlp.Runner.Commands;

/// <summary>
/// The tables that a merged run prints: F1, what pruning leaves of it and what further training gives back; of a run with several variants
/// one table that compares them.
/// </summary>
/// <param name="Models">Those of the spec's grid; what was trained to compare rates is in the report.</param>
/// <param name="Variants">Empty for a run with one.</param>
/// <param name="Count">Of all models of the run.</param>
/// <param name="Failed">How many of all have no finite loss.</param>
/// <param name="Names">Of the classes; a line a task under the tables says what it tells apart.</param>
internal sealed record RunSummary(
    IReadOnlyList<ResultRow> Models,
    IReadOnlyList<PrunedModel> Pruned,
    IReadOnlyList<PrunedModel> Finetuned,
    int PrunedSize,
    IReadOnlyList<VariantRow> Variants,
    int Count,
    int Failed,
    ClassNames Names)
{
    /// <param name="run">Merged. The size whose pruning is shown is that of its pictures.</param>
    public static RunSummary Of(RunDirectory run)
    {
        SweepSpec spec = run.Plan.Spec;
        int hidden = run.Plan.Pictures.Hidden > 0 ? run.Plan.Pictures.Hidden : ShownModel.Of(spec).Model.Hidden;
        IReadOnlyList<ResultRow> all = RunTables.Read<ResultRow>(run);
        List<ResultRow> models = [];

        // Rows go unit by unit, in the order of the plan.
        int first = 0;
        foreach (WorkUnit unit in run.Plan.Units)
        {
            if (!run.Plan.IsForRates(unit))
                models.AddRange(all.Skip(first).Take(unit.ModelCount));
            first += unit.ModelCount;
        }

        int failed = all.Count(model => !model.Ok);
        if (run.Plan.Variants.Count * spec.Trainings().Count > 1)
            return new RunSummary(models, [], [], hidden, Compared(run, models), all.Count, failed, run.ClassNames);

        double[] levels = PruningTable.Levels(spec.Sparsity);
        Dictionary<ModelKey, double> dense = models.Where(model => model.Ok && model.Key.Hidden == hidden)
            .ToDictionary(model => model.Key, model => model.Validation.F1);
        PrunedModel[] Shown<TRow>(bool has)
            where TRow : PrunedRow =>
        [
            .. from row in has ? Levels<TRow>(run, levels, $"hidden = {hidden}") : []
               where dense.ContainsKey(row.Key)
               select new PrunedModel(row, dense[row.Key]),
        ];
        return new RunSummary(
            models, Shown<PruningRow>(spec.Pruning.Count > 0), Shown<FinetuneRow>(spec.FinetuneProtocols > 0), hidden, [],
            all.Count, failed,
            run.ClassNames);
    }

    private static IReadOnlyList<TRow> Levels<TRow>(RunDirectory run, double[] levels, string models) =>
        levels.Length == 0 ? [] : RunTables.Read<TRow>(run, $"WHERE {RunTables.AtLevels(levels)} AND {models}");

    private static VariantRow[] Compared(RunDirectory run, List<ResultRow> models)
    {
        double? level = VariantTable.Level(run.Plan.Spec.Sparsity);
        ILookup<ModelKey, PruningRow> pruned = Levels<PruningRow>(run, level is { } shown ? [shown] : [], "true").ToLookup(row => row.Key);
        return [.. models.Select(model => new VariantRow(model, [.. pruned[model.Key]]))];
    }

    /// <param name="target">Mean validation F1 that is enough, see <see cref="F1Target"/>; null for the usual.</param>
    public void Write(SweepSpec spec, CommandIo io, double? target = null)
    {
        if (Variants.Count > 0)
        {
            VariantTable.Write(Variants, VariantTable.Level(spec.Sparsity), io);
            WriteNames(spec, io);
            return;
        }

        SweepTable.Write(Models, io, target is null && StudySweep.Is(spec) ? null : new F1Target(target));
        if (Pruned.Count > 0)
        {
            io.Out.WriteLine();
            PruningTable.Write(Pruned, PrunedSize, PruningTable.Levels(spec.Sparsity), io);
        }

        if (Finetuned.Count > 0)
        {
            io.Out.WriteLine();
            PruningTable.Write(
                Finetuned,
                PrunedSize,
                PruningTable.Levels(spec.Sparsity),
                io,
                $"F1 after {spec.FinetuneEpochs} more epochs,");
        }

        WriteNames(spec, io);
    }

    private void WriteNames(SweepSpec spec, CommandIo io)
    {
        if (Names.Names.Count == 0)
            return;

        // More than a screen of them says nothing.
        const int Most = 20;
        foreach (ClassTask task in spec.Tasks.Take(Most))
            io.Out.WriteLine($"{task}: {task.In(Names)}.");
        if (spec.Tasks.Count > Most)
            io.Out.WriteLine("The names of all classes: classes.txt.");
    }
}
