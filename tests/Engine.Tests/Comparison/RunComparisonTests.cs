using GpuMlp.Engine.Comparison;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Comparison;

public sealed class RunComparisonTests : IDisposable
{
    private static readonly SweepSpec s_spec = SampleRun.Spec with { Embedding = [] };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Models_belong_together_by_task_size_rate_and_training_and_figures_are_over_their_seeds()
    {
        RunDirectory first = Merged("a", s_spec), second = Merged("b", s_spec with { Tasks = [new ClassTask(4, 9)] });
        var comparison = RunComparison.Of(first, second);
        Assert.Empty(comparison.Different);
        Assert.Equal(["tasks: 4v9,0v1 -> 4v9"], comparison.Changes.Select(change => $"{change}").Take(1));
        ComparedRow[] results = [.. comparison.Rows.Where(row => row.Table == "results")];
        Assert.Equal(s_spec.Hidden.Count * s_spec.LearningRates.Count, results.Length);
        Assert.All(results, row => Assert.Equal("4v9", row.Text("task")));
        Assert.Equal(results.Length, comparison.OnlyFirst["results"]);
        Assert.False(comparison.OnlySecond.ContainsKey("results"));

        // Made-up figures depend on the model alone, so both runs have the same.
        ComparedFigure f1 = results[0].Figure("val_f1");
        double[] expected = [.. RunTables.Read<ResultRow>(first)
            .Where(row => row.Key.Task == "4v9" && row.Key.Hidden == 4 && row.Key.LearningRate == 0.1).Select(row => row.Validation.F1)];
        Assert.Equal(2, expected.Length);
        Assert.Equal((Spread.Of(expected), 0.0, false), (f1.First, f1.Difference, f1.IsBeyondSpread));
        Assert.Equal(
            ["finetune", "pruning", "results", "robustness", "saliency"], comparison.Rows.Select(row => row.Table).Distinct().Order());
        Assert.Contains("sparsity", comparison.Rows.First(row => row.Table == "pruning").Key.Keys);
    }

    [Fact]
    public void What_each_run_has_one_of_and_not_the_same_is_compared()
    {
        RunDirectory first = Merged("a", s_spec with { LearningRates = [0.1] });
        RunDirectory second = Merged("b", s_spec with { LearningRates = [0.2], Seeds = [1, 2, 3] });
        var comparison = RunComparison.Of(first, second);
        Assert.Equal(["lr: 0.1 -> 0.2"], comparison.Different.Select(change => $"{change}"));
        Assert.All(comparison.Rows, row => Assert.DoesNotContain("lr", row.Key.Keys));
        Assert.Equal((2, 3), (comparison.Rows[0].Figures[0].First.Count, comparison.Rows[0].Figures[0].Second.Count));
        Assert.Empty(comparison.OnlyFirst);
    }

    [Fact]
    public void Runs_without_a_model_in_common_are_refused_by_name()
    {
        RunDirectory first = Merged("a", s_spec with { Tasks = [new ClassTask(4, 9)] });
        string Refused(string name, SweepSpec spec)
        {
            UserErrorException e = Assert.Throws<UserErrorException>(() => RunComparison.Of(first, Merged(name, spec)));
            Assert.Equal(ExitCodes.BadInput, e.ExitCode);
            return e.Message;
        }

        Assert.Contains("no task in common (4v9 and 0v1)", Refused("b", s_spec with { Tasks = [new ClassTask(0, 1)] }));
        Assert.Contains("no hidden in common (4,2 and 8)", Refused("c", s_spec with { Hidden = [8] }));
        Assert.Contains("no lr in common (0.1,1E-05 and 0.2,0.3)", Refused("d", s_spec with { LearningRates = [0.2, 0.3] }));
    }

    [Theory]
    [InlineData(0.8, 0.1, 0.9, 0.1, false)]
    [InlineData(0.8, 0.03, 0.9, 0.04, true)]
    [InlineData(0.9, 0.03, 0.8, 0.04, true)]
    [InlineData(0.8, 0, 0.8, 0, false)]
    public void A_difference_is_beyond_the_spread_when_it_is_more_than_that_of_two_models(
        double first, double firstStd, double second, double secondStd, bool isBeyond) =>
        Assert.Equal(isBeyond, new ComparedFigure("val_f1", Of(first, firstStd), Of(second, secondStd)).IsBeyondSpread);

    [Fact]
    public void One_seed_has_no_spread_and_so_no_mark() =>
        Assert.Null(new ComparedFigure("val_f1", Of(0.1, double.NaN), Of(0.9, 0.01)).IsBeyondSpread);

    private static Spread Of(double mean, double std) => new(3, mean, std, mean, mean, mean);

    private RunDirectory Merged(string name, SweepSpec spec)
    {
        var plan = Plan.Create(spec, SampleRun.DataHash, SampleRun.Inputs, (_, _) => new(20));
        var run = RunDirectory.OpenOrCreate(_folder.File(name), plan);
        foreach (WorkUnit unit in plan.Units)
            run.WriteUnit(SampleRun.ResultOf(plan, unit));
        Assert.Empty(RunMerger.Merge(run));
        return run;
    }
}
