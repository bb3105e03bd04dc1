using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Tests.Study;

/// <summary>Which models are the best and the cheapest of those that are enough; and which sweeps are the study's.</summary>
public sealed class EnoughTests
{
    private static readonly ModelKind s_small = SampleStudy.Kind("3v8", 4), s_large = SampleStudy.Kind("3v8", 16);

    [Fact]
    public void The_best_is_by_the_mean_and_never_one_with_a_failed_seed()
    {
        IReadOnlyList<SeedGroup> groups = SeedGroup.Of(
        [
            SampleStudy.Result(s_small, 0, 0.99).AsFailed(), SampleStudy.Result(s_small, 1, 1),
            SampleStudy.Result(s_large, 0, 0.9), SampleStudy.Result(s_large, 1, 0.94),
        ]);
        SeedGroup best = SeedGroup.Best(groups)!;
        Assert.Equal((s_large, 0.92), (best.Kind, Math.Round(best.ValF1.Mean, 9)));
        Assert.Null(SeedGroup.Best(groups.Where(group => group.Kind == s_small)));
        Assert.Null(new F1Target(null).Of([]));
    }

    [Fact]
    public void Without_a_target_what_is_within_a_hundredth_of_the_best_is_enough()
    {
        Enough enough = Assert.Single(Enough.Of(Tables(0.911, 0.92)));
        Assert.Equal(0.91, enough.Target.Value, 9);
        Assert.Equal(s_small, enough.Smallest!.Kind);
        Assert.Equal(s_large, Assert.Single(Enough.Of(Tables(0.909, 0.92))).Smallest!.Kind);
    }

    [Fact]
    public void A_target_is_for_every_task_and_may_be_out_of_reach()
    {
        Enough none = Assert.Single(Enough.Of(Tables(0.9, 0.92) with { Target = new F1Target(0.95) }));
        Assert.Equal((null, null, null), (none.Smallest, none.Sparsest, none.Fastest));
        Assert.Equal(s_large, Assert.Single(Enough.Of(Tables(0.9, 0.92) with { Target = new F1Target(0.92) })).Smallest!.Kind);
    }

    [Fact]
    public void The_sparsest_has_the_fewest_weights_left_of_the_pruned_models_that_are_enough()
    {
        StudyTables tables = Tables(0.92, 0.92) with
        {
            Pruning =
            [
                .. from seed in new[] { 0, 1 }
                   from item in new[] { (s_small, 0.5, 0.92), (s_small, 0.9, 0.8), (s_large, 0.95, 0.915) }
                   select SampleStudy.Pruned(item.Item1, seed, "layer", item.Item2, item.Item3),
            ],
        };
        PrunedGroup sparsest = Assert.Single(Enough.Of(tables)).Sparsest!;
        Assert.Equal((s_large, 0.95), (sparsest.Kind, sparsest.Sparsity));

        // A level at which one seed's weights are no numbers any more is no level.
        StudyTables failed = tables with
        {
            Pruning = [.. tables.Pruning!.Where(row => row.Seed == 0 || row.Kind == s_small)],
            FailedVersions = [SampleStudy.Pruned(s_large, 1, "layer", 0.95, double.NaN)],
        };
        Assert.Equal((s_small, 0.5), (Assert.Single(Enough.Of(failed)).Sparsest!.Kind, 0.5));
    }

    [Fact]
    public void The_fastest_took_the_fewest_epochs_times_units()
    {
        StudyTables tables = Tables(0.92, 0.92) with { FirstEnough = [At(s_small, 30), At(s_large, 8)] };
        (SeedGroup group, int epoch) = Assert.Single(Enough.Of(tables)).Fastest!.Value;
        Assert.Equal((s_small, 30), (group.Kind, epoch));
        tables = tables with { FirstEnough = [At(s_small, 30), At(s_large, 7)] };
        Assert.Equal(s_large, Assert.Single(Enough.Of(tables)).Fastest!.Value.Group.Kind);
    }

    [Fact]
    public void Presets_and_what_refines_the_study_are_its_sweeps_and_no_others()
    {
        SweepSpec paper = Presets.Paper;
        Assert.All(Presets.All.Values, preset => Assert.Equal(preset != Presets.DoubleDescent, StudySweep.Is(preset)));
        Assert.Equal("when-sparse", StudySweep.PresetOf(Presets.WhenSparse));
        Assert.Equal("tickets", StudySweep.PresetOf(Presets.Tickets));
        Assert.Equal("double-descent", StudySweep.PresetOf(Presets.DoubleDescent));
        Assert.Null(StudySweep.PresetOf(paper with { Seeds = [0] }));
        Assert.All(
            new[]
            {
                paper with { Seeds = [0, 1, 2, 3] }, paper with { Hidden = [.. paper.Hidden, 128] }, paper with { Sparsity = [0.5] },
                paper with { Batches = [null, 32] }, paper.WithoutRates() with { Corruptions = [] },
            },
            spec => Assert.True(StudySweep.Is(spec)));
        Assert.All(
            new[]
            {
                paper with { Data = "/data/fashion" }, paper with { Tasks = [new ClassTask(4, 9)] }, paper with { Hidden = [24] },
                paper with { Epochs = [20] }, paper with { Batches = [32] }, paper with { LearningRates = [0.1] },
                Presets.Quick with { Pruning = [PruneMethod.Global] },
            },
            spec => Assert.False(StudySweep.Is(spec)));
    }

    private static EnoughRow At(ModelKind kind, int epoch) =>
        new() { Task = kind.Task, Hidden = kind.Hidden, LearningRate = kind.Rate, How = kind.How, Epoch = epoch };

    private static StudyTables Tables(double small, double large) => new(
        "other", s_large,
        [
            .. from seed in new[] { 0, 1 }
               from item in new[] { (s_small, small), (s_large, large) }
               select SampleStudy.Result(item.Item1, seed, item.Item2),
        ],
        [], null, null, null, null, null, []);
}
