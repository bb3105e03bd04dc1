using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>
/// A few rows of the study's tables, with the run's own models and figures that are made up: a page that is made of them has its code
/// compiled before the true tables are there. Pictures of embeddings are not in it, since they are made of a run's files.
/// </summary>
public static class MadeUpStudy
{
    // Of everything that there is several of.
    private const int Most = 3;

    /// <summary>Nothing of it may be shown.</summary>
    public static StudyTables Of(Plan plan)
    {
        var shown = ShownModel.Of(plan.Spec);
        ModelKind kind = shown.Model.KeyOf(shown.Task, shown.Seed, plan.Variants[shown.Variant]).Kind;
        ModelKey[] keys =
        [
            .. from task in plan.Spec.Tasks.Take(Most)
               from seed in plan.Spec.Seeds.Take(Most)
               from model in plan.ModelsFor(task, shown.Variant).Take(Most).Append(shown.Model).Distinct()
               select model.KeyOf(task, seed, plan.Variants[shown.Variant]),
        ];
        return new StudyTables(
            plan.Spec.Data, kind, Rows<ResultRow>(keys, levels: 1), Rows<CurveRow>(keys), Rows<PruningRow>(keys), Rows<RobustnessRow>(keys),
            Rows<SaliencyRow>(keys), Finetune: null, Embedding: null, Omitted: [])
        {
            Judges = StudySweep.Is(plan.Spec),
        };
    }

    private static TRow[] Rows<TRow>(IReadOnlyList<ModelKey> keys, int levels = Most) =>
        [.. from key in keys from level in Enumerable.Range(0, levels) select Schema<TRow>.Read(new MadeUpCells<TRow>(key, level))];

    private sealed class MadeUpCells<TRow>(ModelKey key, int level) : Cells
    {
        public override string Text(int column) => Schema<TRow>.Columns[column].Name switch
        {
            "status" => Statuses.Ok,
            "task" => key.Task,
            "corruption" => "gaussian",
            _ => "layer",
        };

        public override int Integer(int column) => Schema<TRow>.Columns[column].Name == "hidden" ? key.Hidden : 1 + level;

        public override int? Count(int column) => 1 + level;

        public override double Number(int column) => (1 + level) / (1.0 + Most);

        public override long Long(int column) => 1 + level;

        public override float[] Floats(int column) => [];

        public override int[]? Integers(int column) => null;

        public override ModelKey Key() => key;
    }
}
