using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>t-SNE pictures of hidden activations before and after pruning, each with the numbers that say what it is worth.</summary>
internal static class EmbeddingPlot
{
    public static StudyPlot? Of(StudyTables tables, RunDirectory run)
    {
        EmbeddingRow[] chosen = Chosen(tables);
        return chosen.Any(row => !double.IsNaN(row.Purity))
            ? new StudyPlot(
                "embedding",
                "C6",
                "t-SNE of hidden activations before and after pruning, coloured by class",
                () => Draw(tables, run, chosen, [.. chosen.Select(row => StudyReader.Points(run, row))]))
            : null;
    }

    /// <summary>
    /// One model, the shown one where its task was embedded; before, then 95 % or the level nearest to it by each ranking, then what
    /// the study pruned in truth.
    /// </summary>
    private static EmbeddingRow[] Chosen(StudyTables tables)
    {
        EmbeddingRow[] rows = [.. (tables.Embedding ?? []).Where(row => tables.InFocus(row.Kind))];
        if (rows.Length == 0)
            return [];
        EmbeddingRow first = rows.MinBy(row => row.Kind != tables.Shown)!;
        EmbeddingRow[] model = [.. rows.Where(row => row.Kind == first.Kind && row.Seed == first.Seed)];
        return
        [
            .. model.Where(row => row.Method == EmbeddingRow.Dense),
            .. model.Where(row => row.Method != EmbeddingRow.Dense).GroupBy(row => row.Method)
                .Select(method => method.MinBy(row => Math.Abs(row.Sparsity - StudyFigures.Level))!),
            .. model.Where(row => row.Method == StudyFigures.Ranking && row.Sparsity == StudyFigures.AppliedLevel),
        ];
    }

    private static Figure Draw(
        StudyTables tables, RunDirectory run, EmbeddingRow[] pictures, IReadOnlyList<EmbeddingPoint>[] points)
    {
        ModelKind kind = pictures[0].Kind;
        Figure figure = new(
            $"Hidden activations before and after pruning, {Title(run, kind.Task)}, H = {kind.Hidden}, seed {pictures[0].Seed}",
            $"t-SNE of {pictures[0].Points} images, perplexity {NumberText.Number(Math.Round(pictures[0].Perplexity, 1))}. Trust: "
                + $"trustworthiness of the picture. Same class: share of the {NeighbourPurity.Neighbours} nearest neighbours in the "
                + $"picture with the point's class. Axes have no unit. {Pick.Focus(tables)}{Lost(run, kind.Task)}",
            Math.Min(3, pictures.Length), 380, 360);
        foreach ((EmbeddingRow picture, IReadOnlyList<EmbeddingPoint> own) in pictures.Zip(points))
        {
            string name = picture.Method == EmbeddingRow.Dense
                ? "not pruned"
                : $"{picture.Method}, {NumberText.Percent(picture.Sparsity)} %";
            Panel panel = figure.Add(
                FormattableString.Invariant($"{name}: trust {picture.Trustworthiness:0.00}, same class {picture.Purity:0.00}"),
                "",
                "");
            int shown = 0;
            foreach (var label in own.GroupBy(point => point.Label).OrderBy(group => group.Key))
            {
                SeriesStyle style = PlotTheme.Series(shown++, ClassName(run, kind.Task, label.Key)) with { Line = null, MarkerSize = 3.2f };
                panel.Series(
                    style with { Color = style.Color.WithAlpha(0.7) },
                    [.. label.Select(point => point.X)],
                    [.. label.Select(point => point.Y)]);
            }

            panel.XTicks([]);
            panel.YTicks([]);
        }

        return figure;
    }

    private static string Title(RunDirectory run, string task) =>
        ClassTask.TryParse(task, out ClassTask? classes) ? classes.In(PictureNames.Of(run.ClassNames)) : task;

    private static string ClassName(RunDirectory run, string task, int label) =>
        ClassTask.TryParse(task, out ClassTask? classes) && label >= 0 && label < classes.Count
            ? $"class {PictureNames.Of(run.ClassNames).Of(classes.Classes[label])}"
            : $"label {label}";

    private static string Lost(RunDirectory run, string task) =>
        ClassTask.TryParse(task, out ClassTask? classes)
            && PictureNames.Note(run.ClassNames, classes.Classes.Select(one => (int)one)) is { } note
            ? " " + note
            : "";
}
