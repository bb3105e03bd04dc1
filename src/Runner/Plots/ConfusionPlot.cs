using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>What the validation images of each class are taken for: a matrix for each task that has models with a logit a class.</summary>
internal static class ConfusionPlot
{
    /// <summary>Of the report: no claim is about it.</summary>
    public const string Section = "classes";

    // In cells of more classes no number can be read, and longer names leave no room for cells.
    private const int MostNumbered = ClassTask.MostWritten, LongestName = 24;

    public static StudyPlot? Of(StudyTables tables, RunDirectory run) => tables.Confusion.Count == 0 ? null : new StudyPlot(
        "confusion",
        Section,
        "Confusion matrices of the best models: rows are true classes, columns the classes that their validation images are taken for",
        () => Draw(tables, run));

    private static Figure Draw(StudyTables tables, RunDirectory run)
    {
        ConfusionRow[][] models = [.. tables.Confusion.GroupBy(row => row.Kind).Select(rows => rows.ToArray())];
        IReadOnlyList<ConfusionRow[]> shown = Evenly.Of(models, Pick.MostPanels);
        int most = shown.Max(rows => ClassesOf(rows).Length), columns = most <= 4 ? 3 : most <= 6 ? 2 : 1;
        int width = columns == 3 ? 380 : columns == 2 ? 520 : 800;
        int height = most > MostNumbered ? 700 : 100 + (Math.Max(most, 4) * 46);
        ClassNames names = PictureNames.Of(run.ClassNames);
        string left = shown.Count == models.Length ? "" : $" {shown.Count} of {models.Length} tasks; confusion.csv has all.";
        string lost = PictureNames.Note(run.ClassNames, shown.SelectMany(ClassesOf)) is { } note ? " " + note : "";
        Figure figure = new(
            "What validation images are taken for, best model of each task",
            $"{(most > MostNumbered ? "Colour" : "Images, share of the row, and as colour")} the square root of the share of the row, so "
                + $"that rare mistakes are seen.{(tables.Seeds == 1 ? "" : $" The images of {tables.Seeds} seeds together.")}"
                + $"{left}{lost}",
            columns, width, height);
        foreach (ConfusionRow[] rows in shown)
            Add(figure, tables, rows, names, width);
        return figure;
    }

    private static void Add(Figure figure, StudyTables tables, ConfusionRow[] rows, ClassNames names, int width)
    {
        int[] classes = ClassesOf(rows);
        Dictionary<int, int> places = Enumerable.Range(0, classes.Length).ToDictionary(place => classes[place]);
        var counts = new int[classes.Length, classes.Length];
        foreach (ConfusionRow row in rows)
            counts[places[row.Class], places[row.Predicted]] += row.Images ?? 0;
        var shares = new double[classes.Length, classes.Length];
        for (int own = 0; own < classes.Length; own++)
        {
            // A class without validation images has an empty row.
            double images = Enumerable.Range(0, classes.Length).Sum(place => (double)counts[own, place]);
            for (int place = 0; place < classes.Length; place++)
                shares[own, place] = images == 0 ? double.NaN : counts[own, place] / images;
        }

        ModelKind kind = rows[0].Kind;
        string how = tables.Variants.Count > 1 ? $", {Pick.Training(tables, kind.How)}" : "";
        string task = classes.Length > MostNumbered ? $"{classes.Length} classes" : kind.Task;
        string[] labels = [.. classes.Select(one => Cut(names.Of(one)))];

        // Names stand beside the rows; below columns that are narrower than they are, numbers alone.
        const int Letter = 7, Frame = 150;
        bool fit = labels.Max(label => label.Length) * Letter <= (width - Frame) / classes.Length;
        figure.Add($"{task}, H = {kind.Hidden}, rate {NumberText.Number(kind.Rate)}{how}", "predicted class", "true class").Cells(
            shares, labels, fit ? labels : [.. classes.Select(one => $"{one}")], Math.Sqrt,
            (own, place) => classes.Length > MostNumbered ? ""
                : counts[own, place] == 0 ? "0"
                : FormattableString.Invariant($"{counts[own, place]}\n{100 * shares[own, place]:0.0} %"));
    }

    // In the order of the task.
    private static int[] ClassesOf(ConfusionRow[] rows) => [.. rows.Select(row => row.Class).Distinct()];

    private static string Cut(string name) => name.Length <= LongestName ? name : name[..(LongestName - 1)] + "\u2026";
}
