using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Explanations;

[Trait("Size", "large")]
public sealed class UnitModelsTests
{
    private static readonly ClassTask s_task = new(4, 9);

    public static TheoryData<string> Plans { get; } = ["usual", "in four ways", "in slices of a model"];

    [Theory]
    [MemberData(nameof(Plans))]
    public void Units_have_the_models_that_the_merged_files_have(string which)
    {
        using TemporaryFolder folder = new();
        Plan plan = PlanOf(which);
        RunDirectory run = Saved(folder.Path, plan, (_, result) => result);
        UnitModels models = new(run, s_task);
        SavedModels before = models.Of([2, 4]);
        Assert.Equal(plan.Spec.Hidden, models.Trained);

        Assert.Empty(RunMerger.Merge(run));
        var shown = ShownModel.Of(plan.Spec);
        var merged = SavedModels.Read(
            run, s_task, shown.Seed, new TrainingWay(shown.Variant, shown.Model.Training), [2, 4], shown.Model.LearningRate);
        Assert.Equal(
            (merged.Task, merged.Seed, merged.InitStd, merged.Variant), (before.Task, before.Seed, before.InitStd, before.Variant));
        Assert.Equal(merged.Models, before.Models);
        Assert.Equal(merged.Validation, before.Validation);
        foreach ((var a, var b) in merged.Weights.Zip(before.Weights))
            Assert.Equal((float[][])[a.W1, a.B1, a.W2, a.B2], [b.W1, b.B1, b.W2, b.B2]);
    }

    [Theory]
    [MemberData(nameof(Plans))]
    public void They_need_the_units_of_one_task_seed_and_way_alone(string which)
    {
        Plan plan = PlanOf(which);
        var shown = ShownModel.Of(plan.Spec);
        IReadOnlyList<WorkUnit> needed = UnitModels.UnitsOf(plan, s_task);
        Assert.NotEmpty(needed);
        Assert.All(needed, unit => Assert.Equal((s_task, shown.Seed, shown.Variant), (unit.Task, unit.Seed, unit.Variant)));
        using TemporaryFolder folder = new();
        var run = RunDirectory.OpenOrCreate(folder.Path, plan);
        foreach (WorkUnit unit in needed)
            run.WriteUnit(SampleRun.ResultOf(plan, unit));
        Assert.Equal(plan.Spec.Hidden.Count, new UnitModels(run, s_task).Of(plan.Spec.Hidden).Weights.Count);

        File.Delete(run.UnitPath(needed[^1].Id));
        UserErrorException gone = Assert.Throws<UserErrorException>(() => new UnitModels(run, s_task));
        Assert.Equal(ExitCodes.BadInput, gone.ExitCode);
        Assert.Contains(Path.GetFileName(run.UnitPath(needed[^1].Id)), gone.Message);
    }

    [Fact]
    public void A_model_that_failed_is_no_trained_one()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Saved(folder.Path, SampleRun.Plan, (_, result) => result with
        {
            Models = [.. result.Models.Select(model => model.Key.Hidden == 4 ? model.AsFailed() : model)],
        });
        Assert.Equal([2], new UnitModels(run, s_task).Trained);
    }

    private static Plan PlanOf(string which) =>
        which == "usual" ? SampleRun.Plan : which == "in four ways" ? SampleRun.VariedPlan : SampleRun.SlicedPlan;

    private static RunDirectory Saved(string folder, Plan plan, Func<WorkUnit, UnitResult, UnitResult> change)
    {
        var run = RunDirectory.OpenOrCreate(folder, plan);
        foreach (WorkUnit unit in plan.Units)
            run.WriteUnit(change(unit, SampleRun.ResultOf(plan, unit)));
        return run;
    }
}
