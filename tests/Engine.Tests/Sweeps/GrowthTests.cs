using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Tests.Training;

namespace GpuMlp.Engine.Tests.Sweeps;

/// <summary>What a run that takes models of others trains, analyses and leaves.</summary>
public sealed class GrowthTests
{
    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Tasks = [new ClassTask(4, 9)],
        Hidden = [2, 5],
        Seeds = [0, 1],
        LearningRates = [0.5],
        Epochs = [2],
        Corruptions = [],
        Similarity = [],
        Sparsity = [0.5],
    };

    [Fact]
    public void What_is_missing_is_trained_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        Sweep(s_spec, folder.Path);
        Told told = Sweep(s_spec with { Hidden = [2, 3, 5], Seeds = [0, 1, 2] }, folder.Path);

        // The new size of the old seeds by itself, the new seed as a whole.
        Assert.Equal([(0, 1, 1), (1, 1, 1), (2, 0, 3)], told.Trained.Order());
        Assert.Empty(told.Analysed);
    }

    [Fact]
    public void An_analysis_that_is_new_is_made_of_all_models_and_trains_none()
    {
        using TemporaryFolder folder = new();
        Sweep(s_spec, folder.Path);
        Told told = Sweep(s_spec with { Corruptions = Mnist.Spec.Corruptions }, folder.Path);
        Assert.Empty(told.Trained);
        Assert.Equal(["robustness"], told.Analysed.Distinct());
        told = Sweep(s_spec with { Corruptions = Mnist.Spec.Corruptions, Sparsity = [0.5, 0.9] }, folder.Path);
        Assert.Empty(told.Trained);
        Assert.Equal(["pruning"], told.Analysed.Distinct());
    }

    [Fact]
    public void A_run_that_somebody_is_at_work_on_does_not_grow()
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), PlanOf(s_spec));
        using (RunPresence presence = new(run, Shard.Whole, null, new Told()))
        {
            Assert.True(SpinWait.SpinUntil(() => RunPresence.Living(run, DateTime.UtcNow).Count > 0, TimeSpan.FromSeconds(20)));
            var refused = Assert.Throws<UserErrorException>(() => RunDirectory.OpenOrCreate(run.Path, Grown));
            Assert.Contains("is at work on it", refused.Message);
        }

        Assert.Equal(run.Plan.Hash, RunDirectory.OpenOrCreate(run.Path, Grown).Before!.Hash);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1")]
    [InlineData("""{"format":1,"may_train":true,"runs":[{"run":"x","plan_hash":"y"}]}""")]
    public void A_list_of_sources_that_is_none_is_refused_by_name(string text)
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), PlanOf(s_spec));
        File.WriteAllText(Path.Combine(run.Path, RunSources.FileName), text);
        Assert.Contains("sources.json: damaged", Assert.Throws<UserErrorException>(() => run.Sources).Message);
    }

    [Fact]
    public void A_link_in_the_place_of_the_parts_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a right to make links");
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.OpenOrCreate(folder.File("run"), PlanOf(s_spec));
        Directory.CreateDirectory(folder.File("elsewhere"));
        Directory.CreateSymbolicLink(Path.Combine(run.Path, "parts"), folder.File("elsewhere"));
        Assert.Contains(
            "a link", Assert.Throws<UserErrorException>(() => RunDirectory.OpenOrCreate(run.Path, Grown)).Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.File("elsewhere")));
    }

    private static Plan Grown => PlanOf(s_spec with { Seeds = [0, 1, 2] });

    private static Plan PlanOf(SweepSpec spec) =>
        Plan.Create(spec, Mnist.Few.Sha256, Mnist.Few.Inputs, Splitter.SizesOf(Mnist.Few));

    private static Told Sweep(SweepSpec spec, string path)
    {
        Dataset data = Mnist.Few;
        var run = RunDirectory.OpenOrCreate(Path.Combine(path, "run"), PlanOf(spec));
        Told told = new();
        new SweepRunner(run.Plan, data, run, new DeviceWorkers(DeviceSelection.Cpu(2), run.Plan, data), failFast: false).Run(
            run.FinishedUnits(), told, TestContext.Current.CancellationToken);
        Assert.Empty(RunMerger.Merge(run));
        return told;
    }

    private sealed class Told : ISweepObserver
    {
        private readonly Lock _gate = new();

        /// <summary>Seed, first model and number of models.</summary>
        public HashSet<(int Seed, int First, int Count)> Trained { get; } = [];

        /// <summary>Analyses of models that were not trained.</summary>
        public List<string> Analysed { get; } = [];

        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
        {
            lock (_gate)
            {
                Trained.Add((slice.Seed, slice.FirstModel, slice.ModelCount));
            }
        }

        public void Worked(WorkUnit slice, string phase, double share)
        {
            lock (_gate)
            {
                if (!Trained.Contains((slice.Seed, slice.FirstModel, slice.ModelCount)) && phase != "training")
                    Analysed.Add(phase);
            }
        }

        public void UnitDone(UnitResult result)
        {
        }
    }
}
