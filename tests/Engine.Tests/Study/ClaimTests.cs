using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Study.Claims;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Study;

/// <summary>Each verdict follows from the numbers: with other numbers it is another one.</summary>
public sealed class ClaimTests
{
    [Fact]
    public void Seven_claims_hold_where_every_rule_is_met()
    {
        IReadOnlyList<Claim> claims = ClaimList.Judge(SampleStudy.True());
        Assert.Equal(["C1", "C2", "C3", "C4", "C5", "C6", "C7"], claims.Select(claim => claim.Id));
        Assert.All(claims, claim => Assert.True(
            claim.Verdict == Verdict.Holds,
            $"{claim.Id}: {claim.Verdict} {claim.Condition}\n{string.Join('\n', claim.Checks)}"));
        Assert.All(claims.SelectMany(claim => claim.Checks), check => Assert.NotEmpty(check.Rule));
    }

    [Fact]
    public void A_run_of_results_alone_says_what_it_cannot_judge()
    {
        StudyTables bare = SampleStudy.True() with { Pruning = null, Robustness = null, Saliency = null, Embedding = null };
        Dictionary<string, Claim> claims = ClaimList.Judge(bare).ToDictionary(claim => claim.Id);
        Assert.All(["C2", "C4", "C5", "C6"], id =>
        {
            Assert.Equal(Verdict.CannotBeJudged, claims[id].Verdict);
            Assert.Contains("the run has no", claims[id].Condition);
        });
        Assert.Equal(Verdict.Holds, claims["C1"].Verdict);

        // The dense half of C3 can be judged; the rest is named.
        Assert.Equal(Verdict.Holds, claims["C3"].Verdict);
        Assert.Contains("not judged", claims["C3"].Condition);
    }

    [Fact]
    public void Claims_about_digits_are_not_judged_on_other_data()
    {
        StudyTables other = SampleStudy.True() with { Data = "/data/fashion" };
        Dictionary<string, Claim> claims = ClaimList.Judge(other).ToDictionary(claim => claim.Id);
        Assert.Equal(Verdict.CannotBeJudged, claims["C1"].Verdict);
        Assert.Contains("other data", claims["C1"].Condition);
        Assert.Equal(Verdict.Holds, claims["C2"].Verdict);
        Assert.All(claims["C4"].Checks, check => Assert.Equal("", check.Study));
    }

    [Fact]
    public void An_empty_run_is_judged_on_nothing() => Assert.All(
        ClaimList.Judge(SampleStudy.True() with { Results = [], Pruning = [], Robustness = [], Saliency = [], Embedding = [] }),
        claim => Assert.Equal(Verdict.CannotBeJudged, claim.Verdict));

    [Theory]
    [InlineData("0v1", 64, "the order of the tasks")]
    [InlineData("4v9", 64, "4v9 with 12 to 24 units")]
    [InlineData("0v1", 8, "0v1 with 4 units")]
    public void C1_fails_in_the_part_whose_task_needs_another_size(string task, int needs, string scope)
    {
        Claim claim = Capacity((row) => row.Kind.Task == task ? (row.Kind.Hidden >= needs ? 0.95 : 0.85) : row.BestTrainF1);
        Assert.Equal(Verdict.HoldsOnlyWhen, claim.Verdict);
        Assert.Contains($"not about {scope}", claim.Condition);
        Assert.Equal(false, claim.Checks.Single(check => check.Scope == scope).Passed);
    }

    [Fact]
    public void C1_sees_a_seed_that_is_far_from_the_others()
    {
        Claim claim = Capacity(row => row.Kind is { Task: "5v6", Hidden: 24 } && row.Seed == 78 ? 0.995 : row.BestTrainF1);
        Assert.Contains("not about 1v7 and 5v6 from 10 units on", claim.Condition);
    }

    [Fact]
    public void C1_does_not_hold_when_nothing_learns() => Assert.Equal(Verdict.DoesNotHold, Capacity(_ => 0.7).Verdict);

    [Fact]
    public void C2_does_not_hold_when_every_model_loses()
    {
        Claim claim = Pruned(row => row.Sparsity >= 0.95 ? row.ValF1 - 0.2 : row.ValF1);
        Assert.Equal(Verdict.DoesNotHold, claim.Verdict);

        // The explanation of the study's figure stands beside it: at the level that it applied nothing changes.
        Assert.Equal(true, claim.Checks.Single(check => check.Scope == "the level in fact applied").Passed);
    }

    [Fact]
    public void C2_holds_only_by_the_ranking_that_keeps_F1()
    {
        Claim claim = Pruned(row => row.Method == "layer" && row.Sparsity >= 0.95 ? row.ValF1 - 0.2 : row.ValF1);
        Assert.Equal(Verdict.HoldsOnlyWhen, claim.Verdict);
        Assert.StartsWith("it is about 95 % by global; not about 95 % by layer; 0v1 at 99 %", claim.Condition);
    }

    [Fact]
    public void C2_names_the_few_models_that_keep_F1_and_does_not_hold_for_all_that()
    {
        Claim claim = Pruned(row => row.Sparsity >= 0.95 && !(row.Method == "global" && row.Kind is { Task: "0v1", Hidden: 48 })
            ? row.ValF1 - 0.2
            : row.ValF1);
        Assert.Equal(Verdict.DoesNotHold, claim.Verdict);
        Assert.Contains("1 of 90 pairs of model and way keep it: pruned by global: 1 of 45 (0v1 H48)", claim.Condition);
    }

    [Fact]
    public void C2_turns_at_a_mean_loss_of_one_hundredth()
    {
        // SampleStudy prunes at a loss of 0.001.
        Assert.Equal(Verdict.Holds, Pruned(row => row.Sparsity >= 0.95 ? row.ValF1 - 0.0089 : row.ValF1).Verdict);
        Assert.Equal(Verdict.DoesNotHold, Pruned(row => row.Sparsity >= 0.95 ? row.ValF1 - 0.0091 : row.ValF1).Verdict);
    }

    [Fact]
    public void C2_ignores_random_pruning_and_models_that_never_learned()
    {
        StudyTables tables = SampleStudy.True();
        Assert.Contains(tables.Pruning!, row => row.Method == "random" && row.ValF1 < 0.1);
        tables = tables with
        {
            Results = [.. tables.Results
                .Select(row => row.Kind.Hidden == 2 ? row with { Validation = row.Validation with { F1 = 0.667 } } : row)],
            Pruning = [.. tables.Pruning!.Select(row => row.Kind.Hidden == 2 ? row with { ValF1 = 0 } : row)],
        };
        Assert.Equal(Verdict.Holds, Claim(tables, "C2").Verdict);
    }

    [Fact]
    public void C2_is_rescued_by_further_training_and_by_another_training()
    {
        TrainedHow batches = StudyFigures.Training with { Batch = "32", Epochs = 20 };
        StudyTables tables = SampleStudy.True();
        ModelKind kind = SampleStudy.Kind("4v9", 24);
        tables = tables with
        {
            Results = [.. tables.Results, .. SampleStudy.Seeds.Select(seed => SampleStudy.Result(kind with { How = batches }, seed, 0.97))],
            Pruning =
            [
                .. tables.Pruning!.Select(row => row.Sparsity >= 0.95 ? row with { ValF1 = row.ValF1 - 0.2 } : row),
                .. SampleStudy.Seeds.Select(seed => SampleStudy.Pruned(kind with { How = batches }, seed, "global", 0.95, 0.965)),
            ],
            Finetune = [.. SampleStudy.Seeds
                .Select(seed => new FinetuneRow(SampleStudy.Pruned(kind, seed, "layer", 0.95, 0.94), FinetuneRow.Finetune, 10))],
        };
        Claim claim = Claim(tables, "C2");
        Assert.Equal(Verdict.HoldsOnlyWhen, claim.Verdict);
        Assert.Contains("by layer + finetune of 10 epochs", claim.Condition);
        Assert.Contains("batch full: 1 of", claim.Condition);
        Assert.Contains("32: 1 of 1", claim.Condition);
    }

    [Fact]
    public void C2_judges_the_first_round_of_tickets_that_leaves_5_percent_or_less_and_none_of_their_controls()
    {
        ModelKind kind = SampleStudy.Kind("4v9", 24);
        double dense = SampleStudy.Dense("4v9", 24);
        Claim Judged(double loss) => Claim(SampleStudy.True() with
        {
            Tickets =
            [
                .. from seed in SampleStudy.Seeds
                   from round in new (int Number, double Level, double F1)[]
                   {
                       (13, 0.945, 0.5), (14, 0.956, dense - loss), (15, 0.965, 0.5),
                   }
                   from control in TicketSummary.Controls
                   let f1 = control == TicketRow.Ticket ? round.F1 : 0.1
                   select new TicketRow(SampleStudy.Pruned(kind, seed, "layer", round.Level, f1), control, round.Number, 10, 0.1),
            ],
        }, "C2");
        const string Scope = "95.6 % after iterative pruning, by layer + rewound in rounds of 10 epochs";
        Assert.Equal(Verdict.Holds, Judged(0.005).Verdict);
        Assert.True(Judged(0.005).Checks.Single(check => check.Scope == Scope).Passed);
        Claim lost = Judged(0.02);
        Assert.Equal(Verdict.HoldsOnlyWhen, lost.Verdict);
        Assert.Contains($"not about {Scope}", lost.Condition);
    }

    [Fact]
    public void C3_counts_each_kind_of_dead_unit_on_the_studys_models()
    {
        Claim claim = Dead(row => row.Kind is { Task: "4v9", Hidden: 24 } ? row with { DeadNoOutput = 22 } : row);
        Assert.Equal(Verdict.HoldsOnlyWhen, claim.Verdict);
        Assert.Contains("not about units without an output weight at 95 %", claim.Condition);
        Assert.Contains("4v9 H24: 22 of 24", claim.Checks[3].Ours);

        // Other models than the study's do not decide.
        Assert.Equal(Verdict.Holds, Dead(row => row.Kind is { Task: "4v9", Hidden: 64 } ? row with { DeadNoOutput = 60 } : row).Verdict);
    }

    [Fact]
    public void C3_does_not_hold_when_units_are_dead_throughout()
    {
        StudyTables tables = SampleStudy.True();
        tables = tables with
        {
            Results = [.. tables.Results.Select(row => row with { DeadInactive = 1 })],
            Pruning = [.. tables.Pruning!.Select(row => row with { DeadInactive = 1, DeadNoInput = 1, DeadNoOutput = 1 })],
        };
        Assert.Equal(Verdict.DoesNotHold, Claim(tables, "C3").Verdict);
    }

    [Fact]
    public void C4_tells_a_higher_start_from_a_smaller_loss()
    {
        // The large model starts higher and loses the same.
        Claim claim = Robust(row => row.Corruption is "gaussian" or "occlusion"
            ? row with { ValF1 = SampleStudy.Dense("4v9", row.Kind.Hidden) - (row.Severity / 10) }
            : row);
        Assert.Equal(Verdict.HoldsOnlyWhen, claim.Verdict);
        Assert.Contains("is about F1 under gaussian", claim.Condition);
        Assert.Contains("loss of F1 under gaussian", claim.Condition.Split("not about")[1]);
    }

    [Fact]
    public void C4_does_not_hold_when_the_large_model_is_worse() =>
        Assert.Equal(Verdict.DoesNotHold, Robust(row => row.Kind.Hidden == 64 ? row with { ValF1 = row.ValF1 - 0.3 } : row).Verdict);

    [Fact]
    public void C4_takes_every_seed_and_every_severity()
    {
        Assert.Equal(Verdict.HoldsOnlyWhen, Robust(
            row => row is { Kind.Hidden: 64, Corruption: "gaussian", Severity: 0.3 } ? row with { ValF1 = row.ValF1 - 0.3 } : row).Verdict);
        Assert.Equal(Verdict.HoldsOnlyWhen, Robust(
            row => row is { Kind.Hidden: 64, Corruption: "occlusion", Seed: 42 } ? row with { ValF1 = row.ValF1 - 0.6 } : row).Verdict);
        Assert.Equal(Verdict.Holds, Robust(row => row is { Kind.Hidden: 64, Corruption: "blur" } ? row with { ValF1 = 0 } : row).Verdict);
    }

    [Fact]
    public void C5_compares_with_the_floor_not_with_zero()
    {
        // 0.9 is close to 1, but no closer to 1 than a re-initialised model's 0.85 is to it: such a map says nothing.
        Assert.Equal(
            Verdict.DoesNotHold,
            Maps(row => row.Pruning == "reinitialised" ? row with { Spearman = 0.95, Ssim = 0.95, TopkIou = 0.95 } : row).Verdict);
        Claim claim = Maps(row => row.Pruning == "layer" ? row with { TopkIou = 0.5 } : row);
        Assert.Equal(Verdict.HoldsOnlyWhen, claim.Verdict);
        Assert.Contains("gradient, pruned by global", claim.Condition);
    }

    [Fact]
    public void C5_without_a_floor_cannot_be_judged()
    {
        StudyTables tables = SampleStudy.True();
        Assert.Equal(
            Verdict.CannotBeJudged,
            Claim(tables with { Saliency = [.. tables.Saliency!.Where(row => row.Pruning != "reinitialised")] }, "C5").Verdict);
    }

    [Fact]
    public void C6_turns_with_the_purity_and_trusts_no_untrustworthy_picture()
    {
        Assert.Equal(Verdict.DoesNotHold, Pictures(row => row.Method == "dense" ? row : row with { Purity = 0.8 }).Verdict);
        Assert.Equal(Verdict.HoldsOnlyWhen, Pictures(row => row.Method == "layer" ? row with { Purity = 0.8 } : row).Verdict);
        Assert.Equal(Verdict.CannotBeJudged, Pictures(row => row with { Trustworthiness = 0.7 }).Verdict);
    }

    [Fact]
    public void C7_finds_a_better_rate_below_and_above()
    {
        Claim above = Rates(row => row.Kind.Rate == 0.1 ? row with { BestTrainF1 = 0.99 } : row);
        Assert.Equal(Verdict.HoldsOnlyWhen, above.Verdict);
        Assert.Contains("is about rates up to 0.03", above.Condition);
        Claim below = Rates(row => row.Kind is { Rate: 0.01, Hidden: 24 } ? row with { BestTrainF1 = 0.99 } : row);
        Assert.Contains("not about rates up to 0.03", below.Condition);
        Assert.Equal(Verdict.DoesNotHold, Rates(row => row.Kind.Rate != StudyFigures.Rate ? row with { BestTrainF1 = 0.99 } : row).Verdict);
    }

    [Fact]
    public void C7_counts_a_rate_at_which_training_fails_as_no_F1()
    {
        Claim claim = Rates(row => row.Kind.Rate == 0.1 ? row with { BestTrainF1 = double.NaN, Status = Statuses.Failed } : row);
        Assert.Equal(Verdict.Holds, claim.Verdict);
    }

    [Fact]
    public void C7_with_one_rate_cannot_be_judged() =>
        Assert.Equal(Verdict.CannotBeJudged, Claim(
            SampleStudy.True() with { Results = [.. SampleStudy.Results().Where(row => row.Kind.Rate == StudyFigures.Rate)] },
            "C7").Verdict);

    private static Claim Claim(StudyTables tables, string id) => ClaimList.Judge(tables).Single(claim => claim.Id == id);

    private static Claim Capacity(Func<ResultRow, double> f1) => Claim(
        SampleStudy.True() with { Results = [.. SampleStudy.Results().Select(row => row with { BestTrainF1 = f1(row) })] }, "C1");

    private static Claim Pruned(Func<PruningRow, double> f1) => Claim(
        SampleStudy.True() with { Pruning = [.. SampleStudy.Pruning().Select(row => row with { ValF1 = f1(row) })] }, "C2");

    private static Claim Dead(Func<PruningRow, PruningRow> change) => Claim(
        SampleStudy.True() with { Pruning = [.. SampleStudy.Pruning().Select(change)] }, "C3");

    private static Claim Robust(Func<RobustnessRow, RobustnessRow> change) => Claim(
        SampleStudy.True() with { Robustness = [.. SampleStudy.Robustness().Select(change)] }, "C4");

    private static Claim Maps(Func<SaliencyRow, SaliencyRow> change) => Claim(
        SampleStudy.True() with { Saliency = [.. SampleStudy.Saliency().Select(change)] }, "C5");

    private static Claim Pictures(Func<EmbeddingRow, EmbeddingRow> change) => Claim(
        SampleStudy.True() with { Embedding = [.. SampleStudy.Embedding().Select(change)] }, "C6");

    private static Claim Rates(Func<ResultRow, ResultRow> change) => Claim(
        SampleStudy.True() with { Results = [.. SampleStudy.Results().Select(change)] }, "C7");
}
