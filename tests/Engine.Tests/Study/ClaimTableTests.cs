using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Study.Claims;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Study;

/// <summary>
/// Each claim on made-up tables: its rules met by all, some and none, on the edge, with models that failed, with gaps, from one seed.
/// </summary>
public sealed class ClaimTableTests
{
    private static readonly Dictionary<(string Id, string Case), (Func<StudyTables, StudyTables> Change, Verdict Verdict)> s_cases = new()
    {
        [("C1", "all")] = (tables => tables, Verdict.Holds),
        [("C1", "some")] = (tables => Best(tables, row => row.Kind is { Task: "0v1", Hidden: 4 }, 0.89), Verdict.HoldsOnlyWhen),
        [("C1", "none")] = (tables => Best(tables, _ => true, 0.7), Verdict.DoesNotHold),
        [("C1", "edge: 0.90 itself is not more than 0.90")] = (tables => Best(
            tables,
            row => row.Kind is { Task: "0v1", Hidden: 4 },
            0.90), Verdict.HoldsOnlyWhen),
        [("C1", "edge: a standard deviation of 0.02 is stable")] = (tables => Stable(tables, 0.02), Verdict.Holds),
        [("C1", "edge: one of 0.0201 is not")] = (tables => Stable(tables, 0.0201), Verdict.HoldsOnlyWhen),
        [("C1", "a seed failed")] = (tables => Fail(
            tables,
            row => row.Kind is { Task: "0v1", Hidden: 4 } && row.Seed == 42), Verdict.HoldsOnlyWhen),
        [("C1", "all failed")] = (tables => Fail(tables, _ => true), Verdict.DoesNotHold),
        [("C1", "one seed")] = (OneSeed, Verdict.Holds),
        [("C1", "sizes that decide nothing")] = (tables => Rows(
            tables,
            row => row.Kind.Hidden == 64 && row.Kind.Task is "0v1" or "4v9"), Verdict.CannotBeJudged),

        [("C2", "all")] = (tables => tables, Verdict.Holds),
        [("C2", "some")] = (tables => Prune(tables, row => row.Method == "layer" && row.Sparsity >= 0.95, 0.2), Verdict.HoldsOnlyWhen),
        [("C2", "none, though a few models keep it")] = (tables => Prune(
            tables,
            row => row.Sparsity >= 0.95 && row.Kind.Hidden != 8,
            0.2), Verdict.DoesNotHold),
        [("C2", "edge: a loss of 0.01 keeps it")] = (tables => Prune(tables, row => row.Sparsity >= 0.95, 0.01), Verdict.Holds),
        [("C2", "edge: one of 0.0101 does not")] = (tables => Prune(tables, row => row.Sparsity >= 0.95, 0.0101), Verdict.DoesNotHold),
        [("C2", "a pruned seed failed")] = (tables => FailPruned(
            tables,
            row => row is { Method: "layer", Sparsity: 0.95, Seed: 42, Kind: { Task: "4v9", Hidden: 24 } }), Verdict.HoldsOnlyWhen),
        [("C2", "every pruned model failed")] = (tables => FailPruned(tables, _ => true), Verdict.DoesNotHold),
        [("C2", "every dense model failed")] = (tables => Fail(tables, _ => true), Verdict.CannotBeJudged),
        [("C2", "one seed")] = (OneSeed, Verdict.Holds),
        [("C2", "no level of 95 %")] = (tables => tables with
        {
            Pruning = [.. tables.Pruning!.Where(
            row => row.Sparsity < 0.95)]
        }, Verdict.CannotBeJudged),

        [("C3", "all")] = (tables => tables, Verdict.Holds),
        [("C3", "some")] = (tables => Dead(tables, dense: 0, pruned: 1), Verdict.HoldsOnlyWhen),
        [("C3", "none")] = (tables => Dead(tables, dense: 1, pruned: 1), Verdict.DoesNotHold),
        [("C3", "failed models have no dead units")] = (tables => Fail(
            Dead(tables, dense: 1, pruned: 0, seed: 42),
            row => row.Seed == 42), Verdict.Holds),
        [("C3", "all failed")] = (tables => Fail(tables with { Pruning = [] }, _ => true), Verdict.CannotBeJudged),
        [("C3", "one seed")] = (OneSeed, Verdict.Holds),
        [("C3", "without the study's models all decide")] = (tables => Dead(
            Without(tables, "4v9", "3v8", "0v1"),
            dense: 1,
            pruned: 1), Verdict.DoesNotHold),

        [("C4", "all")] = (tables => tables, Verdict.Holds),
        [("C4", "some")] = (tables => Spoil(
            tables,
            row => row is { Corruption: "gaussian", Kind.Hidden: 64 },
            row => row.ValF1 - 0.5), Verdict.HoldsOnlyWhen),
        [("C4", "none")] = (tables => Spoil(tables, row => row.Kind.Hidden == 64, row => row.ValF1 - 0.5), Verdict.DoesNotHold),
        [("C4", "edge: no gain is none")] = (tables => Spoil(tables, _ => true, _ => 0.7), Verdict.DoesNotHold),
        [("C4", "severity 0 loses nothing and decides nothing")] = (tables => tables with
        {
            Robustness = [.. tables.Robustness!,
            .. tables.Robustness!.Select(row => row with { Severity = 0, ValF1 = 0.9 })]
        }, Verdict.Holds),
        [("C4", "a seed without one of the sizes")] = (tables => tables with
        {
            Robustness = [.. tables.Robustness!.Where(
            row => row.Seed != 42 || row.Kind.Hidden != 64)]
        }, Verdict.Holds),
        [("C4", "models that learned nothing")] = (tables => tables with
        {
            Results = [.. tables.Results
            .Select(row => row with { Validation = row.Validation with { F1 = 0.667 } })]
        }, Verdict.CannotBeJudged),
        [("C4", "all failed")] = (tables => Fail(tables with { Robustness = [] }, _ => true), Verdict.CannotBeJudged),
        [("C4", "one seed")] = (OneSeed, Verdict.Holds),

        [("C5", "all")] = (tables => tables, Verdict.Holds),
        [("C5", "some")] = (tables => Map(tables, row => row.Pruning == "layer", 0.4), Verdict.HoldsOnlyWhen),
        [("C5", "none")] = (tables => Map(tables, row => row.Pruning != "reinitialised", 0.4), Verdict.DoesNotHold),
        [("C5", "edge: half way is not closer")] = (tables => Map(
            tables,
            row => row.Pruning != "reinitialised",
            0.65), Verdict.DoesNotHold),
        [("C5", "edge: a little more is")] = (tables => Map(tables, row => row.Pruning != "reinitialised", 0.6501), Verdict.Holds),
        [("C5", "a floor as high as can be")] = (tables => Map(tables, _ => true, 1), Verdict.CannotBeJudged),
        [("C5", "a seed without a floor is left out")] = (tables => Map(
            tables with { Saliency = [.. tables.Saliency!.Where(row => row.Seed != 42 || row.Pruning != "reinitialised")] },
            row => row.Seed == 42,
            0), Verdict.Holds),
        [("C5", "no floor at all")] = (tables => tables with
        {
            Saliency = [.. tables.Saliency!.Where(
            row => row.Pruning != "reinitialised")]
        }, Verdict.CannotBeJudged),
        [("C5", "one seed")] = (OneSeed, Verdict.Holds),

        [("C6", "all")] = (tables => tables, Verdict.Holds),
        [("C6", "some")] = (tables => Picture(tables, row => row.Method == "layer", 0.8), Verdict.HoldsOnlyWhen),
        [("C6", "none")] = (tables => Picture(tables, row => row.Method != "dense", 0.8), Verdict.DoesNotHold),
        [("C6", "edge: a fall of 0.02 stays separated")] = (tables => Picture(tables, row => row.Method != "dense", 0.94), Verdict.Holds),
        [("C6", "edge: one of 0.0201 does not")] = (tables => Picture(tables, row => row.Method != "dense", 0.9399), Verdict.DoesNotHold),
        [("C6", "edge: 0.80 before is separated")] = (tables => Picture(tables, _ => true, 0.80), Verdict.Holds),
        [("C6", "classes that were mixed before cannot stay separated")] = (tables => Picture(
            tables,
            _ => true,
            0.79), Verdict.CannotBeJudged),
        [("C6", "edge: a trustworthiness of 0.90 is enough")] = (tables => Trust(tables, 0.90), Verdict.Holds),
        [("C6", "one of 0.8999 is not")] = (tables => Trust(tables, 0.8999), Verdict.CannotBeJudged),
        [("C6", "no points")] = (tables => Picture(tables, _ => true, double.NaN), Verdict.CannotBeJudged),
        [("C6", "no dense picture")] = (tables => tables with
        {
            Embedding = [.. tables.Embedding!.Where(
            row => row.Method != "dense")]
        }, Verdict.CannotBeJudged),
        [("C6", "one seed")] = (OneSeed, Verdict.Holds),

        [("C7", "all")] = (tables => tables, Verdict.Holds),
        [("C7", "some")] = (tables => Best(tables, row => row.Kind.Rate == 0.1, 0.999), Verdict.HoldsOnlyWhen),
        [("C7", "none")] = (tables => Best(tables, row => row.Kind.Rate != StudyFigures.Rate, 0.999), Verdict.DoesNotHold),
        [("C7", "edge: a gain of 0.005 does not count")] = (tables => Gain(
            tables,
            row => row.Kind.Rate is 0.1 or 0.01,
            0.005), Verdict.Holds),
        [("C7", "edge: one of 0.0051 does")] = (tables => Gain(tables, row => row.Kind.Rate is 0.1 or 0.01, 0.0051), Verdict.HoldsOnlyWhen),
        [("C7", "edge: 0.05 less is not more than 0.05 less")] = (tables => Gain(
            tables,
            row => row.Kind.Rate == 1e-3,
            -0.05), Verdict.HoldsOnlyWhen),
        [("C7", "a better rate at which a seed fails")] = (tables => Fail(
            Best(tables, row => row.Kind.Rate == 0.1, 0.999),
            row => row.Kind.Rate == 0.1 && row.Seed == 42), Verdict.Holds),
        [("C7", "0.03 itself fails")] = (tables => Fail(tables, row => row.Kind.Rate == StudyFigures.Rate), Verdict.DoesNotHold),
        [("C7", "sizes without 0.03 are not compared")] = (tables => Rows(
            Best(tables, row => row.Kind is { Rate: 0.1, Hidden: 24 }, 0.999),
            row => row.Kind.Rate != StudyFigures.Rate || row.Kind.Hidden != 24), Verdict.Holds),
        [("C7", "one rate")] = (tables => Rows(tables, row => row.Kind.Rate == StudyFigures.Rate), Verdict.CannotBeJudged),
        [("C7", "one seed")] = (OneSeed, Verdict.Holds),
    };

    public static TheoryData<string, string> Cases => [.. s_cases.Keys.Select(key => (key.Id, key.Case))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_verdict_follows_from_its_rules_and_from_nothing_else(string id, string name)
    {
        (Func<StudyTables, StudyTables> change, Verdict expected) = s_cases[(id, name)];
        Claim claim = ClaimList.Judge(change(SampleStudy.True())).Single(claim => claim.Id == id);
        Assert.True(expected == claim.Verdict, $"{claim.Verdict} {claim.Condition}\n{string.Join('\n', claim.Checks)}");

        // The rule that the report states under its table of verdicts.
        bool[] outcomes = [.. claim.Checks.Where(check => check.Decides && check.Passed is not null).Select(check => check.Passed!.Value)];
        Assert.Equal(
            outcomes.Length == 0
                ? Verdict.CannotBeJudged
                : outcomes.All(met => met) ? Verdict.Holds : outcomes.Any(met => met) ? Verdict.HoldsOnlyWhen : Verdict.DoesNotHold,
            claim.Verdict);
        Assert.All(claim.Checks, check => Assert.Equal(check.Passed is not null, check.Seeds > 0));
        Assert.All(claim.Checks, check => Assert.DoesNotContain("NaN", check.Ours));
    }

    [Fact]
    public void Every_figure_says_how_many_seeds_it_is_of_and_a_verdict_from_one_says_so()
    {
        foreach (Claim claim in ClaimList.Judge(OneSeed(SampleStudy.True())))
        {
            Assert.Contains("from one seed", claim.Condition);
            Assert.All(claim.Checks.Where(check => check.Passed is not null), check => Assert.EndsWith("; one seed", check.Ours));
        }

        foreach (Claim claim in ClaimList.Judge(SampleStudy.True()).Where(claim => claim.Id != "C6"))
        {
            Assert.DoesNotContain("one seed", claim.Condition);
            Assert.All(claim.Checks.Where(check => check.Passed is not null), check => Assert.EndsWith("; 3 seeds", check.Ours));
        }
    }

    [Fact]
    public void What_a_rule_says_has_the_numbers_that_it_is_decided_by()
    {
        Dictionary<string, string> rules = ClaimList.Judge(SampleStudy.True())
            .ToDictionary(claim => claim.Id, claim => string.Join('\n', claim.Checks.Select(check => check.Rule)));
        foreach ((string id, Bound[] bounds) in new (string, Bound[])[]
        {
            ("C1", [Rules.LearnedF1, Rules.StableStd, Rules.AgreesF1]), ("C2", [Rules.KeptF1, Rules.WorthPruningF1]), ("C4",
                [Rules.WorthPruningF1, Rules.AgreesF1]),
            ("C6", [Rules.PurityLoss, Rules.Separated, Rules.TrustworthyPicture]), ("C7", [Rules.EqualF1, Rules.LowRate,
                Rules.UnderperformsF1]),
        })
        {
            Assert.All(bounds, bound => Assert.Contains(bound.ToString(), rules[id]));
        }
    }

    [Fact]
    public void A_bound_admits_its_number_or_not_as_its_words_say_and_never_NaN()
    {
        Assert.Equal("at most 0.01", $"{Rules.KeptF1}");
        Assert.Equal("more than 0.90", $"{Rules.LearnedF1}");
        Assert.Equal("at most 0.001", $"{Rules.LowRate}");
        Assert.True(Bound.AtMost(0.01).Admits(0.95 - 0.94));
        Assert.False(Bound.AtMost(0.01).Admits(0.010001));
        Assert.True(Bound.AtLeast(0.3).Admits(0.1 + 0.2));
        Assert.False(Bound.AtLeast(0.3).Admits(0.299999));
        Assert.False(Bound.MoreThan(0.3).Admits(0.1 + 0.2));
        Assert.True(Bound.MoreThan(0.3).Admits(0.300001));
        Assert.All([Bound.AtMost(1), Bound.AtLeast(1), Bound.MoreThan(1)], bound => Assert.False(bound.Admits(double.NaN)));
    }

    [Theory]
    [InlineData(new[] { 24 }, 24, null)]
    [InlineData(new[] { 16, 32 }, 32, null)]
    [InlineData(new[] { 48, 64 }, 48, null)]
    [InlineData(new[] { 8, 24 }, 24, true)]
    [InlineData(new[] { 8, 24, 48 }, 48, false)]
    [InlineData(new[] { 24 }, 999, false)]
    [InlineData(new[] { 8, 64 }, 8, false)]
    public void C1_says_of_4v9_only_what_the_sizes_that_were_tried_can_say(int[] sizes, int enough, bool? passed)
    {
        StudyTables tables = Rows(SampleStudy.True(), row => row.Kind.Task != "4v9") with { };
        tables = tables with
        {
            Results = [.. tables.Results, .. from size in sizes from seed in SampleStudy.Seeds select SampleStudy.Result(
                SampleStudy.Kind("4v9", size),
                seed,
                size >= enough ? 0.95 : 0.85)],
        };
        Check check = ClaimList.Judge(tables)[0].Checks.Single(check => check.Scope == "4v9 with 12 to 24 units");
        Assert.Equal(passed, check.Passed);
    }

    private static StudyTables OneSeed(StudyTables tables) => tables with
    {
        Results = [.. tables.Results.Where(row => row.Seed == 0)],
        Pruning = [.. tables.Pruning!.Where(row => row.Seed == 0)],
        Robustness = [.. tables.Robustness!.Where(row => row.Seed == 0)],
        Saliency = [.. tables.Saliency!.Where(row => row.Seed == 0)],
    };

    private static StudyTables Rows(StudyTables tables, Func<ResultRow, bool> which)
        => tables with { Results = [.. tables.Results.Where(which)] };

    private static StudyTables Without(
        StudyTables tables,
        params string[] tasks) => Rows(tables, row => !tasks.Contains(row.Kind.Task)) with
        {
            Pruning = [.. tables.Pruning!.Where(row => !tasks.Contains(row.Kind.Task))],
        };

    private static StudyTables Best(StudyTables tables, Func<ResultRow, bool> which, double f1) =>
        tables with { Results = [.. tables.Results.Select(row => which(row) ? row with { BestTrainF1 = f1 } : row)] };

    private static StudyTables Gain(StudyTables tables, Func<ResultRow, bool> which, double gain)
    {
        Dictionary<(int, int), double> at = tables.Results.Where(row => row.Kind is { Task: "4v9", Rate: StudyFigures.Rate })
            .ToDictionary(row => (row.Kind.Hidden, row.Seed), row => row.BestTrainF1);
        return tables with
        {
            Results = [.. tables.Results
            .Select(row => which(row) ? row with { BestTrainF1 = at[(row.Kind.Hidden, row.Seed)] + gain } : row)]
        };
    }

    // Three seeds at m - d, m, m + d have a standard deviation of d.
    private static StudyTables Stable(StudyTables tables, double std) => tables with
    {
        Results = [.. tables.Results.Select(row => row.Kind is { Task: "1v7", Hidden: 24 }
            ? row with { BestTrainF1 = 0.95 + (std * (Array.IndexOf(SampleStudy.Seeds, row.Seed) - 1)) }
            : row)],
    };

    private static StudyTables Fail(StudyTables tables, Func<ResultRow, bool> which) =>
        tables with { Results = [.. tables.Results.Select(row => which(row) ? row.AsFailed() : row)] };

    private static StudyTables Prune(StudyTables tables, Func<PruningRow, bool> which, double loss)
    {
        Dictionary<(ModelKind, int), double> dense = tables.Results.ToDictionary(row => (row.Kind, row.Seed), row => row.Validation.F1);
        return tables with
        {
            Pruning = [.. tables.Pruning!.Select(
            row => which(row) && row.Method != "random" ? row with { ValF1 = dense[(row.Kind, row.Seed)] - loss } : row)]
        };
    }

    private static StudyTables FailPruned(StudyTables tables, Func<PruningRow, bool> which) => tables with
    {
        Pruning = [.. tables.Pruning!.Where(row => !which(row)), .. tables.Pruning!.Where(
            row => row.Kind.Hidden == 2 && row.Sparsity == 0.5).Take(1)],
        FailedVersions = [.. tables.Pruning!.Where(which).Select(row => row.AsFailed())],
    };

    private static StudyTables Dead(StudyTables tables, int dense, int pruned, int? seed = null) => tables with
    {
        Results = [.. tables.Results.Select(row => seed is null || row.Seed == seed ? row with { DeadInactive = dense } : row)],
        Pruning = [.. tables.Pruning!.Select(row => row with { DeadInactive = pruned, DeadNoInput = pruned, DeadNoOutput = pruned })],
    };

    private static StudyTables Spoil(StudyTables tables, Func<RobustnessRow, bool> which, Func<RobustnessRow, double> f1) =>
        tables with { Robustness = [.. tables.Robustness!.Select(row => which(row) ? row with { ValF1 = f1(row) } : row)] };

    private static StudyTables Map(StudyTables tables, Func<SaliencyRow, bool> which, double similarity) => tables with
    {
        Saliency = [.. tables.Saliency!.Select(
            row => which(row) ? row with { Spearman = similarity, Ssim = similarity, TopkIou = similarity } : row)],
    };

    private static StudyTables Picture(StudyTables tables, Func<EmbeddingRow, bool> which, double purity) =>
        tables with { Embedding = [.. tables.Embedding!.Select(row => which(row) ? row with { Purity = purity } : row)] };

    private static StudyTables Trust(StudyTables tables, double trust) =>
        tables with { Embedding = [.. tables.Embedding!.Select(row => row with { Trustworthiness = trust })] };
}
