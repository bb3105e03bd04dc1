using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>The numbers behind the plots, folded away and sortable.</summary>
internal static class NumberTables
{
    private const string WithSpread = " \u00b1", Training = "training", Seeds = "seeds", Purity = "same class";

    public static void Write(Html html, StudyTables tables, string section)
    {
        switch (section)
        {
            case "C1": Models(html, tables); break;
            case "C2": Pruning(html, tables); Finetune(html, tables); Tickets(html, tables); break;
            case "C3": Dead(html, tables); break;
            case "C4": Robustness(html, tables); break;
            case "C5": Saliency(html, tables); break;
            case "C6": Embedding(html, tables); break;
            case "C7": Rates(html, tables); break;
            // All of its numbers stand in ClassTable.
            case ConfusionPlot.Section: break;
            default: throw new ArgumentOutOfRangeException(nameof(section), section, "no such section");
        }
    }

    /// <summary>Every kind of model of the run: results over the seeds.</summary>
    private static void Models(Html html, StudyTables tables) => Folded(html, "Models", () => Over(
        html, Caption(
            tables,
            "F1: mean and sample standard deviation over the seeds; dead: hidden units inactive on every validation image, mean"),
        tables.Results,
        [.. Key(tables), Seeds, $"best_train_f1{WithSpread}", $"val_f1{WithSpread}", "val_auc", "val_accuracy", "dead_inactive"]));

    private static void Pruning(Html html, StudyTables tables) => Folded(html, "Pruning", () => Over(
        html, Caption(tables, (tables.Judges
                ? "validation F1 of models pruned at a true 95 % and at the level that the study's code applied; pruning.csv has all levels"
                : "validation F1 of pruned models")
            + ". Mean and sample standard deviation over the seeds; zero: true share of weights that are 0"),
        (tables.Pruning ?? []).Where(row => !tables.Judges || row.Sparsity is StudyFigures.Level or StudyFigures.AppliedLevel),
        [.. Key(tables), "method", "sparsity", "zero_w1", "zero_w2", $"val_f1{WithSpread}"], most: 1500));

    private static void Finetune(Html html, StudyTables tables) => Folded(html, "Training after pruning", () => Over(
        html, Caption(tables, "validation F1 after further training under the mask, over the seeds"),
        tables.Finetune ?? [],
        [.. Key(tables), "protocol", "finetune_epochs", "method", "sparsity", $"val_f1{WithSpread}"]));

    private static void Tickets(Html html, StudyTables tables) => Folded(html, "Pruning in rounds", () => Over(
        html, Caption(tables, "validation F1 of each round and its controls, over the seeds; weights left: mean"),
        tables.Tickets ?? [],
        [.. Key(tables), "control", "round", "sparsity", "trained_epochs", "weights_left", $"val_f1{WithSpread}", "dead_inactive"],
        most: 1500));

    private static void Dead(Html html, StudyTables tables) => Folded(html, "Dead units", () => Over(
        html, Caption(tables, $"dead hidden units{At(tables)}, mean over the seeds"),
        (tables.Pruning ?? []).Where(row => !tables.Judges || row.Sparsity == StudyFigures.Level),
        [.. Key(tables), "method", .. tables.Judges ? [] : (string[])["sparsity"], "dead_inactive", "dead_no_input", "dead_no_output"]));

    private static void Robustness(Html html, StudyTables tables) => Folded(html, "Robustness", () => Over(
        html, Caption(tables, "validation F1 on corrupted images, over the seeds"),
        tables.Robustness ?? [],
        [.. Key(tables), "corruption", "severity", $"val_f1{WithSpread}"], most: 1500));

    private static void Saliency(Html html, StudyTables tables) => Folded(html, "Saliency", () => Over(
        html, $"Similarity of maps{At(tables)} to those of the dense model, mean over images and seeds; \"reinitialised\" is the floor"
            + (tables.Judges ? ". saliency.csv has all levels" : ""),
        (tables.Saliency ?? []).Where(row => tables.InFocus(row.Kind)
            && (!tables.Judges || row.Sparsity == StudyFigures.Level || row.Pruning == SaliencyRow.Reinitialised)),
        ["task", "hidden", "method", "pruning", "sparsity", "spearman", "ssim", "topk_iou"], most: 1500));

    private static void Embedding(Html html, StudyTables tables) => Folded(html, "Embedding", () => Over(
        html, $"t-SNE pictures, seed by seed; same class: share of the {NeighbourPurity.Neighbours} nearest neighbours in the "
            + "picture with a point's own class",
        tables.Embedding ?? [],
        [.. Key(tables), "seed", "method", "sparsity", "points", "perplexity", "kl", "trustworthiness", Purity]));

    private static void Rates(Html html, StudyTables tables)
    {
        if (tables.Rates.Count < 2)
            return;
        Folded(html, "Rates", () => Over(
            html, "Best training F1 by rate: mean and sample standard deviation over the seeds",
            tables.Results.Where(row => row.Kind.How == tables.Shown.How),
            ["task", "hidden", "lr", $"best_train_f1{WithSpread}"]));
    }

    private static string At(StudyTables tables) => tables.Judges ? " at a true 95 %" : "";

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
    private static IEnumerable<string> Key(StudyTables tables)
    {
        yield return "task";
        yield return "hidden";
        if (tables.Rates.Count > 1)
            yield return "lr";
        if (tables.Variants.Count > 1)
            yield return Training;
    }

    /// <summary>
    /// A line for all rows that are the same in the columns shown that are no figures; figures are means over the models of them that
    /// have any.
    /// </summary>
    /// <param name="shown">Names of columns, a figure's with <see cref="WithSpread"/> behind it for one that shows its spread too; or
    /// <see cref="Training"/>, <see cref="Seeds"/>, <see cref="Purity"/>.</param>
    private static void Over<TRow>(Html html, string caption, IEnumerable<TRow> rows, IEnumerable<string> shown, int most = 1000)
        where TRow : ModelRow
    {
        Part<TRow>[] parts = [.. shown.Select(PartOf<TRow>)];
        var groups = rows.GroupBy(
            row => (row.Kind, string.Join('\n', parts.Where(part => part.IsKey).Select(part => part.Cells([row])[0]))));
        HtmlTable.Write(
            html, caption, [.. parts.SelectMany(part => part.Heads)],
            groups.Select(group => (IReadOnlyList<Cell>)[.. parts.SelectMany(part => part.Cells([.. group]))]), most);
    }

    private static Part<TRow> PartOf<TRow>(string shown)
        where TRow : ModelRow
    {
        switch (shown)
        {
            case Training:
                return new([Training], rows => [rows[0].Kind.How.ToString()], IsKey: true);
            case Seeds:
                return new([Seeds], rows => [rows.Count(row => row.Ok)]);
            case Purity:
                return new([Purity], rows => [Cell.F1(rows.OfType<EmbeddingRow>().Average(row => row.Purity))]);
        }

        Column<TRow> column = Schema<TRow>.Column(shown.Replace(WithSpread, ""));
        if (!column.IsFigure)
            return new([column.Head], rows => [Cell.Of(column, rows[0])], IsKey: true);
        return shown.EndsWith(WithSpread, StringComparison.Ordinal)
            ? new([column.Head, WithSpread.Trim()], rows => [Cell.F1(Of(rows).Mean), Cell.F1(Of(rows).Std)])
            : new([column.Head], rows => [Cell.F1(Of(rows).Mean)]);

        Spread Of(IReadOnlyList<TRow> rows) => Spread.Of(rows.Where(row => row.Ok).Select(column.Number));
    }

    /// <summary>One or two neighbouring cells of a line.</summary>
    private sealed record Part<TRow>(IReadOnlyList<string> Heads, Func<IReadOnlyList<TRow>, Cell[]> Cells, bool IsKey = false);
}
