using GpuMlp.Engine.Study;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>The numbers behind the plots, folded away and sortable.</summary>
internal static class NumberTables
{
    public static void Write(Html html, StudyTables tables, string section)
    {
        switch (section)
        {
            case "C1": Models(html, tables); break;
            case "C2": Pruning(html, tables); Finetune(html, tables); break;
            case "C3": Dead(html, tables); break;
            case "C4": Robustness(html, tables); break;
            case "C5": Saliency(html, tables); break;
            case "C6": Embedding(html, tables); break;
            case "C7": Rates(html, tables); break;
            default: throw new ArgumentOutOfRangeException(nameof(section), section, "no such section");
        }
    }

    /// <summary>Every kind of model of the run: results over the seeds.</summary>
    private static void Models(Html html, StudyTables tables) => Folded(html, "Models", () => HtmlTable.Write(
        html, Caption(tables, "F1: mean and sample standard deviation over the seeds; dead: hidden units inactive on every validation image, mean"),
        [.. Heads(tables), "seeds", "best train F1", "\u00b1", "val F1", "\u00b1", "val AUC", "val accuracy", "dead"],
        tables.Results.GroupBy(row => row.Kind).Select(group => (IReadOnlyList<Cell>)
        [
            .. Key(tables, group.Key), group.Count(row => row.Ok),
            .. MeanStd(group.Where(row => row.Ok).Select(row => row.BestTrainF1)), .. MeanStd(group.Where(row => row.Ok).Select(row => row.ValF1)),
            Cell.F1(Mean(group.Where(row => row.Ok).Select(row => row.ValAuc))), Cell.F1(Mean(group.Where(row => row.Ok).Select(row => row.ValAccuracy))),
            Cell.F1(Mean(group.Where(row => row.Ok).Select(row => (double)row.DeadInactive))),
        ])));

    private static void Pruning(Html html, StudyTables tables) => Folded(html, "Pruning", () => HtmlTable.Write(
        html, Caption(tables, "validation F1 of models pruned at a true 95 % and at the level that the study's code applied; pruning.csv has all levels. Mean and sample standard deviation over the seeds; zero: true share of weights that are 0"),
        [.. Heads(tables), "ranking", "level", "zero W1", "zero W2", "val F1", "\u00b1"],
        (tables.Pruning ?? []).Where(row => row.Sparsity is StudyFigures.Level or StudyFigures.AppliedLevel)
            .GroupBy(row => (row.Kind, row.Method, row.Sparsity)).Select(group => (IReadOnlyList<Cell>)
            [
                .. Key(tables, group.Key.Kind), group.Key.Method, Cell.Percent(group.Key.Sparsity), Cell.F1(Mean(group.Select(row => row.ZeroW1))), Cell.F1(Mean(group.Select(row => row.ZeroW2))),
                .. MeanStd(group.Select(row => row.ValF1)),
            ]), most: 1500));

    private static void Finetune(Html html, StudyTables tables) => Folded(html, "Training after pruning", () => HtmlTable.Write(
        html, Caption(tables, "validation F1 after further training under the mask, over the seeds"),
        [.. Heads(tables), "protocol", "epochs", "ranking", "level", "val F1", "\u00b1"],
        (tables.Finetune ?? []).GroupBy(row => (row.Kind, row.Protocol, row.Epochs, row.Method, row.Sparsity)).Select(group => (IReadOnlyList<Cell>)
        [
            .. Key(tables, group.Key.Kind), group.Key.Protocol, group.Key.Epochs, group.Key.Method, Cell.Percent(group.Key.Sparsity), .. MeanStd(group.Select(row => row.ValF1)),
        ])));

    private static void Dead(Html html, StudyTables tables) => Folded(html, "Dead units", () => HtmlTable.Write(
        html, Caption(tables, "dead hidden units at a true 95 %, mean over the seeds"),
        [.. Heads(tables), "ranking", "inactive", "no input weight", "no output weight"],
        (tables.Pruning ?? []).Where(row => row.Sparsity == StudyFigures.Level).GroupBy(row => (row.Kind, row.Method)).Select(group => (IReadOnlyList<Cell>)
        [
            .. Key(tables, group.Key.Kind), group.Key.Method,
            Cell.F1(Mean(group.Select(row => (double)row.DeadInactive))), Cell.F1(Mean(group.Select(row => (double)row.DeadNoInput))), Cell.F1(Mean(group.Select(row => (double)row.DeadNoOutput))),
        ])));

    private static void Robustness(Html html, StudyTables tables) => Folded(html, "Robustness", () => HtmlTable.Write(
        html, Caption(tables, "validation F1 on corrupted images, over the seeds"),
        [.. Heads(tables), "corruption", "severity", "val F1", "\u00b1"],
        (tables.Robustness ?? []).GroupBy(row => (row.Kind, row.Corruption, row.Severity)).Select(group => (IReadOnlyList<Cell>)
        [
            .. Key(tables, group.Key.Kind), group.Key.Corruption, Cell.Number(group.Key.Severity), .. MeanStd(group.Select(row => row.ValF1)),
        ]), most: 1500));

    private static void Saliency(Html html, StudyTables tables) => Folded(html, "Saliency", () => HtmlTable.Write(
        html, "Similarity of maps at a true 95 % to those of the dense model, mean over images and seeds; \"reinitialised\" is the floor. saliency.csv has all levels",
        ["task", "H", "map", "ranking", "level", "Spearman", "SSIM", "top-k overlap"],
        (tables.Saliency ?? []).Where(row => tables.InFocus(row.Kind) && (row.Sparsity == StudyFigures.Level || row.Pruning == "reinitialised")).GroupBy(row => (row.Kind, row.Method, row.Pruning, row.Sparsity)).Select(group => (IReadOnlyList<Cell>)
        [
            group.Key.Kind.Task, group.Key.Kind.Hidden, group.Key.Method, group.Key.Pruning, Cell.Percent(group.Key.Sparsity),
            Cell.F1(Mean(group.Select(row => row.Spearman))), Cell.F1(Mean(group.Select(row => row.Ssim))), Cell.F1(Mean(group.Select(row => row.TopkIou))),
        ]), most: 1500));

    private static void Embedding(Html html, StudyTables tables) => Folded(html, "Embedding", () => HtmlTable.Write(
        html, $"t-SNE pictures, seed by seed; same class: share of the {NeighbourPurity.Neighbours} nearest neighbours in the picture with a point's own class",
        [.. Heads(tables), "seed", "ranking", "level", "points", "perplexity", "KL", "trustworthiness", "same class"],
        (tables.Embedding ?? []).Select(row => (IReadOnlyList<Cell>)
        [
            .. Key(tables, row.Kind), row.Seed, row.Method, Cell.Percent(row.Sparsity), row.Points, Cell.Number(row.Perplexity), Cell.F1(row.Kl), Cell.F1(row.Trustworthiness), Cell.F1(row.Purity),
        ])));

    private static void Rates(Html html, StudyTables tables)
    {
        if (tables.Rates.Count < 2)
            return;
        Folded(html, "Rates", () => HtmlTable.Write(
            html, "Best training F1 by rate: mean and sample standard deviation over the seeds",
            ["task", "H", "rate", "best train F1", "\u00b1"],
            tables.Results.Where(row => row.Kind.How == tables.Shown.How).GroupBy(row => row.Kind).Select(group => (IReadOnlyList<Cell>)
            [
                group.Key.Task, group.Key.Hidden, Cell.Number(group.Key.Rate), .. MeanStd(group.Where(row => row.Ok).Select(row => row.BestTrainF1)),
            ])));
    }

    private static void Folded(Html html, string name, Action table)
    {
        int before = html.Length;
        html.Raw("<details><summary>Numbers: ").Text(name).Raw("</summary>\n");
        int start = html.Length;
        table();
        if (html.Length == start)
            html.CutTo(before);
        else
            html.Raw("</details>\n");
    }

    private static string Caption(StudyTables tables, string what) =>
        tables.Variants.Count > 1 || tables.Rates.Count > 1 ? Capital(what) : $"{Capital(what)}. {Pick.Focus(tables)}";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    /// <summary>Columns that are the same in all rows are left out.</summary>
    private static IEnumerable<string> Heads(StudyTables tables)
    {
        yield return "task";
        yield return "H";
        if (tables.Rates.Count > 1)
            yield return "rate";
        if (tables.Variants.Count > 1)
            yield return "training";
    }

    private static IEnumerable<Cell> Key(StudyTables tables, ModelKind kind)
    {
        yield return kind.Task;
        yield return kind.Hidden;
        if (tables.Rates.Count > 1)
            yield return Cell.Number(kind.Rate);
        if (tables.Variants.Count > 1)
            yield return kind.How.ToString();
    }

    private static IEnumerable<Cell> MeanStd(IEnumerable<double> values)
    {
        Spread spread = Spread.Of(values);
        yield return Cell.F1(spread.Mean);
        yield return Cell.F1(spread.Std);
    }

    private static double Mean(IEnumerable<double> values) => Spread.Of(values).Mean;
}
