using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Study.Claims;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Tests.Training;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Tests.Study;

/// <summary>A small run on real images, trained, merged and read again, with the study's comparison of rates in it.</summary>
public sealed class StudyReaderTests
{
    private static readonly ClassTask s_hard = new(4, 9);

    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Tasks = [new ClassTask(0, 1), s_hard],
        Hidden = [2, 5],
        Seeds = [0, 1],
        LearningRates = [0.03],
        Epochs = [3],
        Sparsity = [0.5, 0.95],
        Pruning = [PruneMethod.Layer],
        Corruptions = [new Corruption(CorruptionKind.Gaussian, 0.1)],
        RateGrid = [0.1, 0.3],
        RateTasks = [s_hard],
    };

    [Fact]
    public void Every_table_of_a_run_comes_back_and_rates_are_results_without_analyses()
    {
        using TemporaryFolder folder = new();
        StudyTables tables = StudyReader.Read(Run(folder.Path));
        Assert.Equal(["0v1", "4v9"], tables.Tasks);
        Assert.Equal([0.03, 0.1, 0.3], tables.Rates);
        Assert.Equal((2, 8, 16), (tables.Seeds, tables.FocusResults.Count(), tables.Results.Count));
        Assert.All(tables.Results, row => Assert.True(row.Ok && row.BestTrainF1 is > 0 and <= 1));
        Assert.Equal(2 * 8, tables.Pruning!.Count);
        Assert.Equal(8, tables.Robustness!.Count);
        Assert.All(
            tables.Pruning.Select(row => row.Kind).Concat(tables.Robustness.Select(row => row.Kind)),
            kind => Assert.Equal(0.03, kind.Rate));

        // Two tasks, two sizes, three epochs, over the seeds.
        Assert.Equal(12, tables.Curves.Count);
        Assert.All(tables.Curves, row => Assert.InRange(row.MeanF1, row.MinF1, row.MaxF1));
        Assert.Null(tables.Finetune);
        Assert.Empty(tables.Omitted);

        Claim rates = ClaimList.Judge(tables).Single(claim => claim.Id == "C7");
        Assert.NotEqual(Verdict.CannotBeJudged, rates.Verdict);
    }

    [Fact]
    public void The_first_epoch_that_is_enough_is_that_of_the_mean_over_the_seeds_in_history()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder.Path);
        StudyTables tables = StudyReader.Read(run, new ReportChoice { TargetF1 = 0.6 });
        Assert.False(tables.Judges);
        Assert.False(tables.HasValidationCurves);
        Assert.True(StudyReader.Read(run, new ReportChoice { Judges = true }).Judges);
        ModelKind[] shown = [.. tables.FocusResults.Select(row => row.Kind).Distinct()];
        Assert.Equal(4, shown.Length);
        foreach (ModelKind kind in shown)
        {
            CurveRow[] curve = [.. tables.Curves.Where(row => row.Task == kind.Task && row.Hidden == kind.Hidden)];
            Assert.Equal(
                curve.FirstOrDefault(row => row.MeanF1 >= 0.6)?.Epoch, tables.FirstEnough.FirstOrDefault(row => row.Kind == kind)?.Epoch);
        }

        Assert.NotEmpty(tables.FirstEnough);
    }

    [Fact]
    public void Weights_of_a_cohort_hold_the_models_for_the_comparison_of_rates()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder.Path);
        using var hard = Safetensors.Open(run.WeightsPath(s_hard, 0));
        Assert.Equal(
            ["h2-lr0.03.w1", "h2-lr0.1.w1", "h2-lr0.3.w1", "h5-lr0.03.w1", "h5-lr0.1.w1", "h5-lr0.3.w1"],
            hard.Tensors.Select(tensor => tensor.Name).Where(name => name.EndsWith("w1", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal));
        using var easy = Safetensors.Open(run.WeightsPath(new ClassTask(0, 1), 0));
        Assert.Equal(8, easy.Tensors.Count);
    }

    [Fact]
    public void A_run_that_is_not_merged_is_told_so()
    {
        using TemporaryFolder folder = new();
        var run = RunDirectory.OpenOrCreate(Path.Combine(folder.Path, "run"), SampleRun.Plan);
        UserErrorException error = Assert.Throws<UserErrorException>(() => StudyReader.Read(run));
        Assert.Equal(ExitCodes.Incomplete, error.ExitCode);
        Assert.Contains("results.parquet", error.Message);
    }

    [Fact]
    public void A_failed_model_is_counted_among_the_results_and_is_in_no_other_table()
    {
        using TemporaryFolder folder = new();
        var run = RunDirectory.OpenOrCreate(Path.Combine(folder.Path, "run"), SampleRun.Plan);
        foreach (WorkUnit unit in SampleRun.Plan.Units)
        {
            // Of two units each: the models of 2 units fail in training, those of 4 in one of their pruned versions.
            UnitResult result = SampleRun.ResultOf(SampleRun.Plan, unit);
            run.WriteUnit(
                result with { Models = [.. result.Models.Select(model => model.Key.Hidden == 2 ? model.AsFailed() : OncePruned(model))] });
        }

        Assert.Empty(RunMerger.Merge(run));
        StudyTables tables = StudyReader.Read(run);
        Assert.Equal((16, 8), (tables.Results.Count, tables.Results.Count(row => row.Ok)));
        ModelKind[] kinds =
        [
            .. tables.Pruning!.Select(row => row.Kind), .. tables.Robustness!.Select(row => row.Kind),
            .. tables.Saliency!.Select(row => row.Kind), .. tables.Finetune!.Select(row => row.Kind), .. tables.Embedding!.Select(
                row => row.Kind),
        ];
        Assert.All(kinds.Select(kind => kind.Hidden).Concat(tables.Curves.Select(row => row.Hidden)), hidden => Assert.Equal(4, hidden));
        Assert.Equal(8 * 3, tables.Pruning!.Count);
        Assert.All(tables.Pruning, row => Assert.False(double.IsNaN(row.ValF1)));
        Assert.Equal(8, tables.FailedVersions.Count);
        Assert.All(tables.FailedVersions, row => Assert.Equal((4, "random", 0.5), (row.Kind.Hidden, row.Method, row.Sparsity)));
    }

    private static ModelResult OncePruned(ModelResult model) => model with
    {
        Rows = model.Rows.With<PruningRow>([model.Pruning[0].AsFailed(), .. model.Pruning.Skip(1)]),
    };

    [Fact]
    public void A_damaged_table_is_named()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = Run(folder.Path);
        File.WriteAllText(run.TablePath("pruning.parquet"), "no parquet");
        UserErrorException error = Assert.Throws<UserErrorException>(() => StudyReader.Read(run));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.Contains("pruning.parquet", error.Message);
    }

    private static RunDirectory Run(string folder)
    {
        Dataset data = Mnist.Few;
        var plan = Plan.Create(s_spec, data.Sha256, data.Inputs, Splitter.SizesOf(data));
        var run = RunDirectory.OpenOrCreate(Path.Combine(folder, "run"), plan);
        int failed = new SweepRunner(plan, data, run, new DeviceWorkers(DeviceSelection.Cpu(2), plan, data), failFast: false).Run(
            new HashSet<int>(),
            new Silent(),
            CancellationToken.None);
        Assert.Equal(0, failed);
        Assert.Empty(RunMerger.Merge(run));
        return run;
    }

    private sealed class Silent : ISweepObserver
    {
        public void EpochDone(WorkUnit unit, IReadOnlyList<EpochMetrics> metrics)
        {
        }

        public void UnitDone(UnitResult result)
        {
        }
    }
}
