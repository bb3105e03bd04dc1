using System.Globalization;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>What pruning and corruption take from F1, model by model and in the mean over the seeds.</summary>
internal static class CostTables
{
    // More columns are wider than a page.
    private const int MostColumns = 8;

    /// <summary>How much of each model can go at no cost, and what each level costs the shown size.</summary>
    public static void Pruning(Html html, StudyTables tables)
    {
        PruningLoss[] losses = [.. PruningLoss.All(tables, evenPoor: true).Where(loss => loss.How.Protocol.Length == 0)];
        if (losses.Length == 0)
            return;
        string[] methods = [.. losses.Select(loss => loss.How.Method).Distinct()];
        double[] levels = [.. losses.Select(loss => loss.Sparsity).Distinct().Order()];
        bool many = tables.Variants.Count > 1;
        HtmlTable.Write(
            html,
            "How many of the weights can go: the highest level up to which no level costs more than "
                + $"{Rules.KeptF1.Number} of validation F1, mean over the seeds. "
                + $"Learning rate {NumberText.Number(tables.Shown.Rate)}{Pick.SameTraining(tables)}",
            ["task", "H", .. many ? ["training"] : (string[])[], "F1 before", .. methods.Select(method => $"by {method}")],
            losses.GroupBy(loss => loss.Kind).Select(model => (IReadOnlyList<Cell>)
            [
                model.Key.Task, model.Key.Hidden, .. many ? [Pick.Training(tables, model.Key.How)] : (Cell[])[],
                Cell.F1(model.First().Dense.Mean),
                .. methods.Select(method => Bears(
                    [.. model.Where(loss => loss.How.Method == method).OrderBy(loss => loss.Sparsity)])),
            ]));
        IReadOnlyList<double> shown = Evenly.Of(levels, MostColumns);
        HtmlTable.Write(
            html, $"Validation F1 lost by share of weights pruned, H = {tables.Shown.Hidden}: mean over the seeds. {Pick.Focus(tables)}",
            ["task", "ranking", .. shown.Select(level => $"{NumberText.Percent(level)} %")],
            losses.Where(loss => tables.InFocus(loss.Kind) && loss.Kind.Hidden == tables.Shown.Hidden)
                .GroupBy(loss => (loss.Kind.Task, loss.How.Method)).Select(line => (IReadOnlyList<Cell>)
                [
                    line.Key.Task, line.Key.Method,
                    .. shown.Select(level => Lost(line.FirstOrDefault(loss => loss.Sparsity == level) is { Failed: 0 } loss
                        ? loss.Loss
                        : double.NaN)),
                ]));
    }

    /// <summary>What each corruption costs, by hidden size.</summary>
    public static void Corruption(Html html, StudyTables tables)
    {
        Dictionary<ModelKey, double> clean = tables.FocusResults.Where(row => row.Ok)
            .ToDictionary(row => row.Key, row => row.Validation.F1);
        var rows = (tables.Robustness ?? []).Where(row => clean.ContainsKey(row.Key)).ToList();
        IReadOnlyList<int> sizes = Evenly.Of([.. rows.Select(row => row.Kind.Hidden).Distinct().Order()], MostColumns);
        HtmlTable.Write(
            html, $"Validation F1 lost by corruption and hidden size: mean over the seeds. {Pick.Focus(tables)}",
            ["task", "corruption", "severity", .. sizes.Select(size => $"H = {size}")],
            rows.GroupBy(row => (row.Kind.Task, row.Corruption, row.Severity)).Select(line => (IReadOnlyList<Cell>)
            [
                line.Key.Task, line.Key.Corruption, Cell.Number(line.Key.Severity),
                .. sizes.Select(size => Lost(Spread.Of(
                    line.Where(row => row.Kind.Hidden == size).Select(row => clean[row.Key] - row.ValF1)).Mean)),
            ]));
    }

    /// <summary>The last of the levels before the first that costs too much.</summary>
    private static Cell Bears(PruningLoss[] levels)
    {
        PruningLoss? last = levels.TakeWhile(loss => loss.Kept).LastOrDefault();
        return last is not null ? Cell.Percent(last.Sparsity) : levels.Length == 0 ? new Cell("\u2013") : new Cell("none", 0);
    }

    // Three decimals; a gain has its sign.
    private static Cell Lost(double loss) =>
        double.IsNaN(loss) ? new Cell("\u2013") : new Cell(loss.ToString("0.000;-0.000;0.000", CultureInfo.InvariantCulture), loss);
}
