using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Engine.Library;

/// <summary>
/// The way in for programs that use GpuMlp as a library: a sweep from its spec to its tables, in one call. docs/library.md has an example.
/// What the command line does besides (plots, pictures, report) <c>gpumlp report FOLDER</c> makes of the same folder.
/// </summary>
public static class Sweep
{
    /// <summary>
    /// Trains what a spec asks for and merges it into tables. The folder holds what docs/run.md says; a sweep that was cancelled or killed
    /// goes on when it is asked for again with the same spec, and ends with the same bytes.
    /// </summary>
    /// <param name="spec">Begin with one of <see cref="Presets"/> and change parts of it by <c>with</c>.</param>
    /// <param name="folder">New, empty, or that of the same sweep.</param>
    /// <param name="device">As behind <c>--device</c>: <c>auto</c>, <c>cpu</c>, <c>cuda</c>, <c>cuda:0</c>, <c>opencl</c>.</param>
    /// <param name="threads">Of the CPU; null for one a core.</param>
    /// <param name="progress">Told the models that are done so far and all that there are, after each unit, from any thread.</param>
    /// <param name="cancel">Looked at between epochs; finished units stay.</param>
    /// <returns>The tables.</returns>
    /// <exception cref="UserErrorException">
    /// A spec that cannot be, data or a device that are not there, a folder of another sweep, a full disk: one line, by the names of flags.
    /// </exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static SweepRun Run(
        SweepSpec spec,
        string folder,
        string device = "auto",
        int? threads = null,
        Action<int, int>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        DateTime started = DateTime.UtcNow;
        DeviceSelection devices = DeviceSelection.Find(nameof(device), DeviceRequest.Parse(nameof(device), device), Threads(threads));
        Dataset data = DatasetLoader.Load(spec.Request);
        SpecValidator.CheckData(spec, data, field => field);
        Plan plan = Plan.Create(
            spec, data.Sha256, data.Inputs, Splitter.SizesOf(data, field => field), name: field => field,
            testSha256: Plan.TestOf(spec, data));
        var run = RunDirectory.OpenOrCreate(folder, plan);
        run.WriteClassNames(data.ClassNames);
        IReadOnlySet<int> finished = run.FinishedUnits();
        if (finished.Count < run.Plan.Units.Count)
        {
            run.CheckWritable();
            using RunPresence presence = new(run, Shard.Whole, job: null, new Progress(run.Plan, finished, progress));
            SweepRunner runner = new(run.Plan, data, run, new DeviceWorkers(devices, run.Plan, data), failFast: false);
            runner.Run(finished, presence, cancel);
            (int units, int ok, int failed) = presence.Done;
            if (runner.Errors > 0)
            {
                throw new UserErrorException(
                    $"{folder}: {runner.Errors} units could not be finished, errors/unit-*.json there say why", ExitCodes.Incomplete);
            }

            var info = RunInfo.Create(
                Environment.CommandLine, devices, $"{(int)SimdSupport.Best} bit", started,
                new Dictionary<string, double> { ["train"] = (DateTime.UtcNow - started).TotalSeconds }, ok, failed);
            TrainingRecords.Write(run, info with
            {
                PlanHash = run.Plan.Hash,
                Host = Environment.MachineName,
                Units = units,
                Table = data.Table,
            });
        }

        RunMerger.Merge(run);
        return new SweepRun(run);
    }

    /// <summary>A run that is there already, of this library or of the command line.</summary>
    /// <param name="folder">Merged.</param>
    /// <exception cref="UserErrorException">No run, or not merged (<see cref="UserErrorException.ExitCode"/> 3).</exception>
    public static SweepRun Open(string folder)
    {
        var run = RunDirectory.Open(folder);
        _ = run.Manifest;
        return new SweepRun(run);
    }

    private static int Threads(int? threads)
    {
        int given = threads ?? Math.Min(Environment.ProcessorCount, Kernels.Devices.CpuDevice.MostThreads);
        ArgumentOutOfRangeException.ThrowIfLessThan(given, 1, nameof(threads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given, Kernels.Devices.CpuDevice.MostThreads, nameof(threads));
        return given;
    }

    private sealed class Progress(Plan plan, IReadOnlySet<int> finished, Action<int, int>? told) : ISweepObserver
    {
        private readonly int _all = plan.Units.Sum(unit => unit.ModelCount);
        private int _done = finished.Sum(id => plan.Units[id].ModelCount);

        public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
        {
        }

        public void UnitDone(UnitResult result) => told?.Invoke(Interlocked.Add(ref _done, result.Models.Count), _all);
    }
}

/// <summary>The tables of a sweep that is done.</summary>
public sealed class SweepRun
{
    internal SweepRun(RunDirectory directory) => Directory = directory;

    /// <summary>Its folder, plan and files.</summary>
    public RunDirectory Directory { get; }

    /// <summary>One row a model, in the order of <c>results.csv</c>; read anew at each call.</summary>
    public IReadOnlyList<ResultRow> Results => Read<ResultRow>();

    /// <summary>
    /// The rows of a table by its record: <c>PruningRow</c>, <c>RobustnessRow</c>, <c>SaliencyRow</c>, <c>FinetuneRow</c>,
    /// <c>TicketRow</c>, <c>EmbeddingRow</c>.
    /// </summary>
    /// <exception cref="UserErrorException">The sweep did not ask for that table, or the file is not the merge's.</exception>
    public IReadOnlyList<TRow> Read<TRow>()
        where TRow : ModelRow => RunTables.Read<TRow>(Directory);
}
