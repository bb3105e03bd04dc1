using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>How the best model with a logit a class of each task tells each class from the rest, and what it mixes up most.</summary>
internal static class ClassTable
{
    public static void Write(Html html, RunDirectory run, StudyTables tables)
    {
        foreach (IGrouping<ModelKind, ConfusionRow> model in tables.Confusion.GroupBy(row => row.Kind))
            html.Element("p", Say(run, model));
        bool trainings = tables.Variants.Count > 1;
        HtmlTable.Write(
            html,
            "The best model with a logit a class of each task on the validation images, a class against the rest: means over the seeds, of "
                + "F1 the sample standard deviation too. All models stand in classes.csv, what they take images for in confusion.csv",
            [
                "task", "H", "rate", .. trainings ? ["training"] : (string[])[], "class", "precision", "recall", "F1", "\u00b1", "AUC",
            ],
            tables.Classes.GroupBy(row => (row.Kind, row.Class)).Select(seeds => (IReadOnlyList<Cell>)
            [
                seeds.Key.Kind.Task, seeds.Key.Kind.Hidden, Cell.Number(seeds.Key.Kind.Rate),
                .. trainings ? [Pick.Training(tables, seeds.Key.Kind.How)] : (Cell[])[], run.ClassNames.Of(seeds.Key.Class),
                Mean(seeds, row => row.ValPrecision), Mean(seeds, row => row.ValRecall), Mean(seeds, row => row.ValF1),
                Cell.F1(Spread.Of(seeds.Select(row => row.ValF1)).Std), Mean(seeds, row => row.ValAuc),
            ]));
    }

    private static string Say(RunDirectory run, IGrouping<ModelKind, ConfusionRow> model)
    {
        string task = ClassTask.TryParse(model.Key.Task, out ClassTask? classes) ? classes.In(run.ClassNames) : model.Key.Task;
        Dictionary<int, double> images = model.GroupBy(row => row.Class).ToDictionary(
            own => own.Key, own => own.Sum(row => (double)(row.Images ?? 0)));
        (int own, int other, double share) = model.Where(row => row.Class != row.Predicted && images[row.Class] > 0)
            .GroupBy(row => (row.Class, row.Predicted))
            .Select(cell => (cell.Key.Class, cell.Key.Predicted, cell.Sum(row => row.Images ?? 0) / images[cell.Key.Class]))
            .MaxBy(cell => cell.Item3);
        string begin = $"{task}, {model.Key.Hidden} hidden units: ";
        return share == 0 ? $"{begin}no validation image is taken for another class."
            : $"{begin}what is mixed up most is {run.ClassNames.Of(own)}, of whose validation images "
                + $"{NumberText.Percent(Math.Round(share, 3))} % are taken for {run.ClassNames.Of(other)}.";
    }

    private static Cell Mean(IEnumerable<ClassRow> rows, Func<ClassRow, double> figure) => Cell.F1(Spread.Of(rows.Select(figure)).Mean);
}
