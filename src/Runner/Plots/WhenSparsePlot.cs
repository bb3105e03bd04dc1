using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>Under which training and ranking a model bears 95 % pruning, or the level nearest to it: a map of F1 lost.</summary>
internal static class WhenSparsePlot
{
    private const double WorstShown = 0.3;

    public static StudyPlot? Of(StudyTables tables) => tables.Variants.Count > 1 && Losses(tables).Length > 0
        ? new StudyPlot(
            "when-sparse",
            "C2",
            $"Map of the F1 lost at {Level(tables)} % pruning by training (rows) and ranking and hidden size (columns), one panel a task",
            () => Draw(tables))
        : null;

    private static double Nearest(StudyTables tables) => tables.Judges ? StudyFigures.Level
        : (tables.Pruning ?? []).Select(row => row.Sparsity).DefaultIfEmpty().MinBy(level => Math.Abs(level - StudyFigures.Level));

    private static string Level(StudyTables tables) => NumberText.Percent(Nearest(tables));

    private static PruningLoss[] Losses(StudyTables tables) =>
        [.. PruningLoss.All(tables).Where(loss => loss.Sparsity == Nearest(tables) && loss.How.Protocol.Length == 0
            && loss.Failed == 0)];

    private static Figure Draw(StudyTables tables)
    {
        PruningLoss[] losses = Losses(tables);
        TrainedHow[] variants = [.. Evenly.Of(
            [.. losses.Select(loss => loss.How.Trained).Distinct().OrderBy(how => how.ToString(), StringComparer.Ordinal)],
            32)];
        TrainedPart[] parts = [.. TrainedHow.Parts.Where(part => part.IsAlwaysTold || variants.Any(part.IsTold))];
        (string Method, int H)[] columns = [.. Evenly.Of([.. losses.Select(loss => (loss.How.Method, H: loss.Kind.Hidden)).Distinct()
            .OrderBy(item => item.Method, StringComparer.Ordinal)
            .ThenBy(item => item.H)], 16)];
        Figure figure = new(
            $"Under which training do {Level(tables)} % of the weights go?",
            $"Validation F1 lost at a true {Level(tables)} %, one shot, mean over the seeds ({tables.Seeds}); bright: little is lost. "
                + $"A loss of {Rules.KeptF1} counts as kept. Empty: dense F1 below {Rules.WorthPruningF1.Number}, or a seed failed. "
                + $"Rows: {string.Join(" / ", parts.Select(part => part.Name))}; columns: ranking and H. "
                + $"Learning rate {NumberText.Number(tables.Shown.Rate)}.",
            1, 240 + (62 * columns.Length), 120 + (27 * variants.Length));
        foreach (string task in Pick.Panels(tables).Where(task => losses.Any(loss => loss.Kind.Task == task)))
        {
            double[,] lost = new double[variants.Length, columns.Length];
            for (int i = 0; i < variants.Length; i++)
            {
                for (int j = 0; j < columns.Length; j++)
                {
                    lost[i, j] = losses.FirstOrDefault(loss => loss.Kind.Task == task && loss.How.Trained == variants[i]
                        && loss.How.Method == columns[j].Method && loss.Kind.Hidden == columns[j].H)?.Loss ?? double.NaN;
                }
            }

            figure.Add(task, "ranking and hidden units H", "").Cells(
                lost,
                [.. variants.Select(how => string.Join(" / ", parts.Select(part => part.Value(how))))],
                [.. columns.Select(column => $"{column.Method}\n{column.H}")],
                loss => 1 - (loss / WorstShown),
                (i, j) => FormattableString.Invariant($"{lost[i, j]:0.000}{(Rules.KeptF1.Admits(lost[i, j]) ? " \u2713" : "")}"));
        }

        return figure;
    }
}
