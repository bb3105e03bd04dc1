using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Study;

public sealed class TicketSummaryTests
{
    private static readonly ModelKind s_kind = SampleStudy.Kind("4v9", 24);

    [Fact]
    public void A_round_is_kept_while_no_round_before_it_costs_more_than_one_hundredth()
    {
        TicketSummary summary = Assert.Single(TicketSummary.Of(Tables(
            ticket: [0.951, 0.945, 0.90, 0.95], reinit: [0.945, 0.93, 0.945, 0.93], random: [0.93, 0.95, 0.95, 0.95])));
        Assert.Equal([2, 1, 0], TicketSummary.Controls.Select(control => summary.Kept[control].Round));
        Assert.Equal([0.64, 0.8, 1], TicketSummary.Controls.Select(control => Math.Round(summary.Kept[control].ShareLeft, 3)));
        Assert.Equal(0.945, summary.Kept["ticket"].ValF1.Mean, 1e-12);
        Assert.Equal(0.95, summary.Dense.Mean, 1e-12);

        // In the ticket's last round, seed by seed.
        Assert.Equal([0.015, 0.015], summary.Ahead["reinit"].Select(difference => Math.Round(difference, 6)));
        Assert.Equal([-0.005, -0.005], summary.Ahead["random"].Select(difference => Math.Round(difference, 6)));
    }

    [Fact]
    public void The_sentence_counts_kinds_and_pairs()
    {
        string said = TicketSummary.Say(TicketSummary.Of(Tables(
            ticket: [0.951, 0.945, 0.90, 0.95], reinit: [0.945, 0.93, 0.945, 0.93], random: [0.95, 0.95, 0.95, 0.90])));
        Assert.Equal(
            "Within 0.01 of the unpruned F1, the ticket needs fewer weights than the same mask over other weights for 1 of 1 kinds of "
                + "models (more for 0), in the ticket's last round of these its F1 differs by +0.015 (mean over 2 pairs of model and seed, "
                + "higher in 2); and than a random mask for 0 of 1 kinds of models (more for 1), in the ticket's last round of these its "
                + "F1 differs by -0.005 (mean over 2 pairs of model and seed, higher in 0). Median share of the weights that is enough: "
                + "64 % (ticket), 80 % (reinit), 51.2 % (random).",
            said);
    }

    [Fact]
    public void A_seed_that_fails_in_a_round_keeps_nothing_and_models_that_learned_nothing_are_left_out()
    {
        StudyTables tables = Tables(
            ticket: [0.95, 0.95, 0.95, 0.95], reinit: [0.95, 0.95, 0.95, 0.95], random: [0.95, 0.95, 0.95, 0.95]);
        TicketRow failed = tables.Tickets!.First(row => row is { Control: "ticket", Round: 3 });
        tables = tables with { Tickets = [.. tables.Tickets!.Where(row => row != failed)], FailedVersions = [failed.AsFailed()] };
        Assert.Equal([2, 4, 4], TicketSummary.Controls.Select(control => TicketSummary.Of(tables)[0].Kept[control].Round));
        Assert.Empty(TicketSummary.Of(tables with { Tickets = [.. tables.Tickets.Select(row => row with { ValF1 = 0.667 })] }));
        Assert.Equal("", TicketSummary.Say([]));
    }

    private static StudyTables Tables(double[] ticket, double[] reinit, double[] random)
    {
        double[][] figures = [ticket, reinit, random];
        IEnumerable<TicketRow> Rows(int seed, double shift)
        {
            yield return Row(seed, "ticket", 0, 0.95 + shift);
            for (int round = 1; round <= ticket.Length; round++)
            {
                for (int control = 0; control < figures.Length; control++)
                    yield return Row(seed, TicketSummary.Controls[control], round, figures[control][round - 1] + shift);
            }
        }

        return SampleStudy.True() with { Tickets = [.. Rows(0, 0.001), .. Rows(42, -0.001)] };
    }

    private static TicketRow Row(int seed, string control, int round, double f1)
    {
        double left = Math.Pow(0.8, round);
        return new TicketRow(
            SampleStudy.Pruned(s_kind, seed, "layer", 1 - left, f1) with { WeightsLeft = (int)Math.Round(100_000 * left) },
            control, round, 10, 0.1);
    }
}
