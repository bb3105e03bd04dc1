using GpuMlp.Engine.Study;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>How few weights tickets and their controls need, kind by kind, and what that says together.</summary>
internal static class TicketTable
{
    public static void Write(Html html, StudyTables tables)
    {
        IReadOnlyList<TicketSummary> kinds = TicketSummary.Of(tables);
        if (kinds.Count == 0)
            return;
        html.Element("p", TicketSummary.Say(kinds));
        bool rates = tables.Rates.Count > 1, trainings = tables.Variants.Count > 1;
        HtmlTable.Write(
            html,
            $"How few weights are enough, pruned in rounds: the last round up to which no round costs more than {Rules.KeptF1.Number} of "
                + "validation F1, mean over the seeds. ticket: rewound weights under the mask of the rounds; reinit: other random weights "
                + "under the same mask; random: rewound weights under a random mask with as many weights of each layer",
            [
                "task", "H", .. rates ? ["rate"] : (string[])[], .. trainings ? ["training"] : (string[])[], "F1 unpruned",
                .. TicketSummary.Controls.SelectMany(control => new[] { $"{control}: round", "weights left", "of all", "F1" }),
            ],
            kinds.Select(kind => (IReadOnlyList<Cell>)
            [
                kind.Kind.Task, kind.Kind.Hidden, .. rates ? [Cell.Number(kind.Kind.Rate)] : (Cell[])[],
                .. trainings ? [Pick.Training(tables, kind.Kind.How)] : (Cell[])[], Cell.F1(kind.Dense.Mean),
                .. TicketSummary.Controls.SelectMany(control => Cells(kind.Kept[control])),
            ]));
    }

    private static IEnumerable<Cell> Cells(KeptRound kept) =>
    [
        kept.Round, (int)Math.Round(kept.WeightsLeft), Cell.Percent(Math.Round(kept.ShareLeft, 3)), Cell.F1(kept.ValF1.Mean),
    ];
}
