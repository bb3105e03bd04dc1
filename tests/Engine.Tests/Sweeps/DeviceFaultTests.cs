using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Tests.Training;
using GpuMlp.Kernels.Devices;
using ILGPU.Runtime;
using ILGPU.Runtime.OpenCL;

namespace GpuMlp.Engine.Tests.Sweeps;

/// <summary>The units of a run that met no fault, for all tests of the class.</summary>
public sealed class SoundRun : IDisposable
{
    private readonly Lazy<TemporaryFolder> _folder = new(() =>
    {
        TemporaryFolder folder = new();
        DeviceFaultTests.RunSound(folder);
        return folder;
    });

    internal TemporaryFolder Folder => _folder.Value;

    public void Dispose()
    {
        if (_folder.IsValueCreated)
            _folder.Value.Dispose();
    }
}

/// <summary>Memory that runs out, devices that get lost, and several devices at once.</summary>
[Trait("Size", "large")]
public sealed class DeviceFaultTests(SoundRun sound) : IClassFixture<SoundRun>
{
    private const int Epochs = 3;

    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Tasks = [new ClassTask(4, 9), new ClassTask(0, 1)],
        Hidden = [2, 3, 5, 4, 7],
        Seeds = [0, 1],
        LearningRates = [0.5],
        Epochs = [Epochs],
    };

    private static readonly CLException
        s_memory = new(CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE), s_lost = new(CLError.CL_DEVICE_NOT_AVAILABLE);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_unit_is_the_same_bytes_in_whatever_slices_memory_asks_for(int modelsThatFit)
    {
        using TemporaryFolder sliced = new();
        var workers = new FaultyWorkers(Plan, Mnist.Few, 1, modelsThatFit, NoFault);
        Run(sliced, workers);
        Assert.All(workers.Begun, slice => Assert.InRange(slice.ModelCount, 1, modelsThatFit));
        AssertSameUnits(sound.Folder, sliced, 4);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public void Out_of_memory_halves_the_slice_and_goes_on_to_the_same_bytes(int epoch)
    {
        using TemporaryFolder halved = new();
        var workers = new FaultyWorkers(Plan, Mnist.Few, 1, int.MaxValue, (slice, at) =>
        {
            if (slice.ModelCount > 2 && at == epoch)
                throw s_memory;
        });
        Counter counter = Run(halved, workers);
        Assert.Equal([5, 3, 2, 2, 1], workers.Begun.Take(5).Select(slice => slice.ModelCount));
        Assert.Equal((4 * 2) + 1, workers.Releases);
        AssertSameUnits(sound.Folder, halved, 4);

        // Every model's every epoch is told once, also those of slices that were begun again.
        Assert.Equal(4 * 5 * Epochs, counter.ModelEpochs);
    }

    [Fact]
    public void A_single_model_that_does_not_fit_is_the_fault_of_its_unit_and_the_others_go_on()
    {
        using TemporaryFolder folder = new();
        var workers = new FaultyWorkers(Plan, Mnist.Few, 1, int.MaxValue, (slice, _) =>
        {
            if (slice.Id == 1)
                throw s_memory;
        });
        Run(folder, workers);
        Assert.Equal(3, Units(folder).Length);
        UnitError? error = UnitErrors.Read(Directory.GetFiles(folder.Path, "unit-000001.json", SearchOption.AllDirectories).Single());
        Assert.Contains("one model does not fit into its memory", error!.Error);
    }

    [Fact]
    public void A_lost_device_ends_with_70_and_the_same_run_goes_on_to_the_same_bytes()
    {
        using TemporaryFolder broken = new();
        var error = Assert.Throws<UserErrorException>(() => Run(broken, new FaultyWorkers(Plan, Mnist.Few, 1, 2, (slice, epoch) =>
        {
            if (slice.Id == 2 && slice.FirstModel == 2 && epoch == 1)
                throw s_lost;
        })));
        Assert.Equal(ExitCodes.DeviceAbsent, error.ExitCode);
        Assert.StartsWith("test:0 (faulty): lost (", error.Message);
        Assert.EndsWith("the same command again resumes", error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(2, Units(broken).Length);
        Assert.Empty(Directory.GetFiles(broken.Path, "unit-*.json", SearchOption.AllDirectories));

        Run(broken, new FaultyWorkers(Plan, Mnist.Few, 1, int.MaxValue, NoFault));
        AssertSameUnits(sound.Folder, broken, 4);
    }

    [Fact]
    public void A_unit_goes_to_each_device_as_it_comes_free_and_which_one_does_not_matter()
    {
        using TemporaryFolder two = new();

        // The first unit waits until the other device has done two: a queue, not a share dealt beforehand.
        using var done = new CountdownEvent(2);
        var workers = new FaultyWorkers(Plan, Mnist.Few, 2, int.MaxValue, (slice, epoch) =>
        {
            if (slice.Id == 0 && epoch == 0)
                Assert.True(done.Wait(TimeSpan.FromMinutes(1)), "the other device did not go on");
        });
        Run(two, workers, unit =>
        {
            if (unit.Id != 0 && !done.IsSet)
                done.Signal();
        });
        AssertSameUnits(sound.Folder, two, 4);
    }

    [Fact]
    public void Faults_of_devices_are_told_from_each_other_and_from_those_of_programs()
    {
        Assert.Equal(DeviceFault.OutOfMemory, DeviceFaults.Of(s_memory));
        Assert.Equal(DeviceFault.OutOfMemory, DeviceFaults.Of(new AggregateException(new InvalidOperationException(), s_memory)));
        Assert.Equal(DeviceFault.OutOfMemory, DeviceFaults.Of(new InsufficientMemoryException()));
        Assert.Equal(DeviceFault.Lost, DeviceFaults.Of(s_lost));
        Assert.Equal(DeviceFault.Lost, DeviceFaults.Of(new InvalidOperationException("wrapped", s_lost)));
        Assert.Equal(DeviceFault.None, DeviceFaults.Of(new InvalidOperationException()));
        Assert.Equal(DeviceFault.None, DeviceFaults.Of(new OperationCanceledException()));
        Assert.Equal(DeviceFault.OutOfMemory, DeviceFaults.Of(new ILGPU.Runtime.Cuda.CudaException("out of memory")));
        Assert.Equal(DeviceFault.Lost, DeviceFaults.Of(new ILGPU.Runtime.Cuda.CudaException("an illegal memory access was encountered")));
    }

    [Fact]
    public void Device_memory_sets_how_many_models_a_slice_holds()
    {
        WorkUnit unit = Plan.Units[0];
        Split split = Splitter.Create(Mnist.Few, unit.Task, unit.Seed);
        long all = CohortMemory.Bytes(Plan, Mnist.Few.Inputs, unit, split);
        DeviceInfo gpu = new(AcceleratorType.OpenCL, 0, "GPU", 0, 1, "", IsGpu: true, Skipped: null);
        int Fit(double share, AcceleratorType kind = AcceleratorType.OpenCL) =>
            CohortMemory.ModelsThatFit(gpu with { Kind = kind, MemoryBytes = (long)(share * all) }, Plan, Mnist.Few, unit, split);
        Assert.Equal(5, Fit(1.3));
        Assert.InRange(Fit(1.0), 1, 4);
        Assert.Equal(1, Fit(0.01));
        Assert.Equal(5, Fit(0.01, AcceleratorType.CPU));
        Assert.True(all < CohortMemory.Bytes(PlanOf(s_spec with { Hidden = [2, 3, 5, 4, 100] }), Mnist.Few.Inputs, unit, split));
    }

    private static Plan Plan { get; } = PlanOf(s_spec);

    private static Plan PlanOf(SweepSpec spec) =>
        Plan.Create(spec, Mnist.Few.Sha256, Mnist.Few.Inputs, Splitter.SizesOf(Mnist.Few));

    /// <summary>All units of the plan, on one device that does everything.</summary>
    internal static void RunSound(TemporaryFolder folder) => Run(folder, new FaultyWorkers(Plan, Mnist.Few, 1, int.MaxValue, NoFault));

    private static void NoFault(WorkUnit slice, int epoch)
    {
    }

    private static Counter Run(TemporaryFolder folder, IWorkerSource workers, Action<WorkUnit>? unitDone = null)
    {
        var run = RunDirectory.OpenOrCreate(folder.File("run"), Plan);
        var counter = new Counter(unitDone);
        new SweepRunner(Plan, Mnist.Few, run, workers, failFast: false).Run(run.FinishedUnits(), counter, CancellationToken.None);
        return counter;
    }

    private static string[] Units(TemporaryFolder folder) =>
        [.. Directory.GetFiles(folder.Path, "unit-*.parquet", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder.Path, file))
            .Order()];

    private static void AssertSameUnits(TemporaryFolder expected, TemporaryFolder actual, int count)
    {
        Assert.Equal(count, Units(expected).Length);
        Assert.Equal(Units(expected), Units(actual));
        Assert.All(Units(expected), unit => Assert.Equal(File.ReadAllBytes(expected.File(unit)), File.ReadAllBytes(actual.File(unit))));
    }

    private sealed class Counter(Action<WorkUnit>? unitDone) : ISweepObserver
    {
        private int _modelEpochs;

        public int ModelEpochs => _modelEpochs;

        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
        {
            Assert.Equal(slice.ModelCount, metrics.Count);
            Interlocked.Add(ref _modelEpochs, metrics.Count);
        }

        public void UnitDone(UnitResult result) => unitDone?.Invoke(result.Unit);
    }
}
