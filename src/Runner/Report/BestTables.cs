using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>Which models of a sweep are the best, and which are the cheapest of those that are good enough.</summary>
internal static class BestTables
{
    /// <summary>The best of each task, over the seeds.</summary>
    public static void Best(Html html, RunDirectory run, StudyTables tables)
    {
        IReadOnlyList<SeedGroup> groups = SeedGroup.Of(tables.Results);
        SeedGroup[] best = [.. tables.Tasks.Select(task => SeedGroup.Best(groups.Where(group => group.Kind.Task == task)))
            .OfType<SeedGroup>()];
        if (best.Length == 0)
        {
            html.Element("p", "No model trained with every seed, so there is none to name.");
            return;
        }

        html.Element("p", $"The highest mean validation F1 of each task, over {Seeds(tables)}. Models are chosen by the images that "
            + "they are judged on here, so a best one of many is a little flattered.");
        HtmlTable.Write(
            html, "F1 on the validation images: mean, sample standard deviation and smallest over the seeds. All models stand below, "
                + "under Numbers, and in results.csv",
            [.. Heads(tables), "val F1", "\u00b1", "smallest", "best train F1", "val AUC", "val accuracy"],
            best.Select(group => (IReadOnlyList<Cell>)
            [
                .. Key(tables, run, group.Kind), Cell.F1(group.ValF1.Mean), Cell.F1(group.ValF1.Std), Cell.F1(group.ValF1.Min),
                Mean(group, row => row.BestTrainF1), Mean(group, row => row.Validation.Auc), Mean(group, row => row.Validation.Accuracy),
            ]));
    }

    /// <summary>The smallest, the sparsest and the fastest of those that reach the target.</summary>
    public static void Enough(Html html, RunDirectory run, StudyTables tables)
    {
        string by = tables.HasValidationCurves ? "validation" : "training";
        html.Element("p", $"Enough are models with {tables.Target.Words}"
            + $"{(tables.Target.Asked is null ? "; gpumlp report RUN --target-f1 0.95 names another mark" : "")}. Fastest: least work "
            + $"until the mean {by} F1 is enough, that is epochs x hidden units; a run stopped there would have trained no longer.");
        List<IReadOnlyList<Cell>> rows = [];
        bool hasPruned = tables.Pruning is { Count: > 0 } || tables.Finetune is { Count: > 0 };
        foreach (Enough task in Engine.Study.Enough.Of(tables))
        {
            var target = Cell.F1(task.Target.Value);
            rows.Add(task.Smallest is { } smallest
                ? [.. Row("smallest", smallest.Kind, smallest.ValF1)]
                : [.. None(task.Task, "smallest")]);
            if (hasPruned)
            {
                rows.Add(task.Sparsest is { } sparsest
                    ? [.. Row(
                        "fewest weights", sparsest.Kind, sparsest.ValF1, Pruned(sparsest),
                        new Cell(NumberText.Number(Math.Round(sparsest.WeightsLeft)), sparsest.WeightsLeft))]
                    : [.. None(task.Task, "fewest weights")]);
            }

            if (tables.Curves.Count > 0)
            {
                rows.Add(task.Fastest is { } fastest
                    ? [.. Row("fastest", fastest.Group.Kind, fastest.Group.ValF1, epochs: fastest.Epoch)]
                    : [.. None(task.Task, "fastest")]);
            }

            IEnumerable<Cell> Row(string which, ModelKind kind, Spread f1, Cell? pruned = null, Cell? weights = null,
                Cell? epochs = null) =>
            [
                which, .. Key(tables, run, kind), .. hasPruned ? [pruned ?? "", weights ?? ""] : (Cell[])[],
                .. tables.Curves.Count > 0 ? [epochs ?? ""] : (Cell[])[], target, Cell.F1(f1.Mean), Cell.F1(f1.Std), Cell.F1(f1.Min),
            ];

            IEnumerable<Cell> None(string name, string which) =>
            [
                which, Task(run, name), "none", .. Enumerable.Repeat((Cell)"", Heads(tables).Count - 2 + (hasPruned ? 2 : 0)
                    + (tables.Curves.Count > 0 ? 1 : 0)), target, Cell.F1(double.NaN), Cell.F1(double.NaN), Cell.F1(double.NaN),
            ];
        }

        HtmlTable.Write(
            html, "Validation F1 of the trained or pruned models: mean, sample standard deviation and smallest over the seeds",
            [
                "", .. Heads(tables), .. hasPruned ? ["pruned", "weights left"] : (string[])[],
                .. tables.Curves.Count > 0 ? ["after epochs"] : (string[])[], "enough", "val F1", "\u00b1", "smallest",
            ],
            rows);
    }

    private static Cell Pruned(PrunedGroup group) =>
        $"{NumberText.Percent(group.Sparsity)} % by {group.How.Method}{(group.How.Protocol.Length > 0 ? $", {group.How.Protocol}" : "")}";

    private static Cell Mean(SeedGroup group, Func<ResultRow, double> figure) => Cell.F1(Spread.Of(group.Models.Select(figure)).Mean);

    private static string Seeds(StudyTables tables) => tables.Seeds == 1 ? "one seed" : $"{tables.Seeds} seeds";

    private static List<string> Heads(StudyTables tables)
    {
        List<string> heads = ["task", "H"];
        if (tables.Rates.Count > 1)
            heads.Add("rate");
        if (tables.Variants.Count > 1)
            heads.Add("training");
        return heads;
    }

    private static IEnumerable<Cell> Key(StudyTables tables, RunDirectory run, ModelKind kind)
    {
        yield return Task(run, kind.Task);
        yield return kind.Hidden;
        if (tables.Rates.Count > 1)
            yield return Cell.Number(kind.Rate);
        if (tables.Variants.Count > 1)
            yield return Pick.Training(tables, kind.How);
    }

    private static Cell Task(RunDirectory run, string task) =>
        ClassTask.TryParse(task, out ClassTask? classes) ? classes.In(run.ClassNames) : task;
}
