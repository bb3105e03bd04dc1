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

public sealed class SweepRunnerTests
{
    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Tasks = [new ClassTask(4, 9), new ClassTask(0, 1)],
        Hidden = [2, 3, 5],
        Seeds = [0, 1, 2],
        LearningRates = [0.5],
        Epochs = [2],
    };

    [Fact]
    public void Several_workers_write_the_same_units_as_one()
    {
        using TemporaryFolder one = new(), two = new();
        Assert.Equal(0, Sweep(s_spec, one.Path, threads: 1).Failed);
        Assert.Equal(0, Sweep(s_spec, two.Path, threads: 8).Failed);

        string[] units = UnitsIn(one.Path);
        Assert.Equal(6, units.Length);
        Assert.Equal(units, UnitsIn(two.Path));
        Assert.All(units, unit => Assert.Equal(File.ReadAllBytes(one.File(unit)), File.ReadAllBytes(two.File(unit))));
    }

    [Theory]
    [InlineData(null, 9)]
    [InlineData(8, 9)]
    [InlineData(8, 2)]
    public void Images_that_the_host_makes_ahead_change_no_byte_and_are_those_of_their_unit(int? batch, int modelsThatFit)
    {
        using TemporaryFolder one = new(), two = new();
        SweepSpec spec = s_spec with { Seeds = [0], Batches = [batch], LabelNoises = [0, 0.2] };
        Sweep(spec, one.Path, threads: 1);
        Dataset data = Mnist.Few;
        var plan = Plan.Create(spec, data.Sha256, data.Inputs, Splitter.SizesOf(data));
        PreparingWorkers workers = new(plan, data, modelsThatFit);
        var run = RunDirectory.OpenOrCreate(two.File("run"), plan);
        SweepRunner runner = new(plan, data, run, workers, failFast: false);
        Assert.Equal(0, runner.Run(new HashSet<int>(), new Watcher(null), TestContext.Current.CancellationToken));

        // All but the first, one after the other, in the order in which they are trained.
        Assert.Equal(workers.Trained.Skip(1), workers.Prepared);
        Assert.Equal(plan.Units.Count, workers.Trained.Count);
        string[] units = UnitsIn(one.Path);
        Assert.Equal(units, UnitsIn(two.Path));
        Assert.All(units, unit => Assert.Equal(File.ReadAllBytes(one.File(unit)), File.ReadAllBytes(two.File(unit))));
    }

    [Fact]
    public void Finished_units_are_left_alone_and_the_observer_hears_of_the_others()
    {
        using TemporaryFolder folder = new();
        Watcher watcher = Sweep(s_spec, folder.Path, threads: 2, finished: [0, 2, 5]).Watcher;
        Assert.Equal([1, 3, 4], watcher.Units.Order());
        Assert.Equal(3 * s_spec.Epochs.Single(), watcher.Epochs);
        Assert.Equal(3, UnitsIn(folder.Path).Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Fail_fast_ends_every_worker_after_the_unit_it_is_at(int threads)
    {
        using TemporaryFolder folder = new();
        SweepSpec bad = s_spec with { Hidden = [16], LearningRates = [0.5, 1e30], Epochs = [6], Seeds = [.. Enumerable.Range(0, 10)] };
        (int failed, Watcher watcher) = Sweep(bad, folder.Path, threads, failFast: true);
        Assert.InRange(failed, 1, 2);
        Assert.InRange(watcher.Units.Count, failed, 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void A_stop_between_two_units_is_told_as_one(int threads)
    {
        using TemporaryFolder folder = new();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Sweep(s_spec, folder.Path, threads, whenDone: stop.Cancel, stop: stop));

        // Of the six units each worker, one or two, may have one trained while another is saved.
        Assert.InRange(UnitsIn(folder.Path).Length, 1, threads == 1 ? 2 : 4);
    }

    [Fact]
    public void A_stop_after_the_last_unit_comes_too_late()
    {
        using TemporaryFolder folder = new();
        using var stop = new CancellationTokenSource();
        SweepSpec single = s_spec with { Tasks = [new ClassTask(4, 9)], Seeds = [0] };
        Assert.Equal(0, Sweep(single, folder.Path, threads: 1, whenDone: stop.Cancel, stop: stop).Failed);
    }

    [Fact]
    public void A_fault_of_one_worker_ends_all_and_is_the_one_that_is_told()
    {
        using TemporaryFolder folder = new();
        var fault = Assert.Throws<InvalidOperationException>(() =>
            Sweep(s_spec, folder.Path, threads: 8, whenDone: () => throw new InvalidOperationException("the display broke")));
        Assert.Equal("the display broke", fault.Message);
    }

    private static (int Failed, Watcher Watcher) Sweep(
        SweepSpec spec, string path, int threads, bool failFast = false, HashSet<int>? finished = null,
        Action? whenDone = null, CancellationTokenSource? stop = null)
    {
        Dataset data = Mnist.Few;
        var plan = Plan.Create(spec, data.Sha256, data.Inputs, Splitter.SizesOf(data));
        var run = RunDirectory.OpenOrCreate(Path.Combine(path, "run"), plan);
        var watcher = new Watcher(whenDone);
        return (new SweepRunner(plan, data, run, new DeviceWorkers(DeviceSelection.Cpu(threads), plan, data), failFast).Run(
            finished ?? [],
            watcher,
            stop?.Token ?? CancellationToken.None), watcher);
    }

    private static string[] UnitsIn(string folder) =>
        [.. Directory.GetFiles(folder, "unit-*.parquet", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file))
            .Order()];

    private sealed class Watcher(Action? whenDone) : ISweepObserver
    {
        private readonly Lock _gate = new();

        public List<int> Units { get; } = [];

        public int Epochs { get; private set; }

        public void EpochDone(WorkUnit unit, IReadOnlyList<EpochMetrics> metrics)
        {
            lock (_gate)
            {
                Epochs++;
            }
        }

        public void UnitDone(UnitResult result)
        {
            lock (_gate)
            {
                Units.Add(result.Unit.Id);
            }

            whenDone?.Invoke();
        }
    }
}
