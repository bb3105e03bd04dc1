using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Tests.Sweeps;

/// <summary>
/// Devices that fail as drivers do: CPU workers behind the boundary that a sweep sees, with a fault thrown from within a
/// training.
/// </summary>
/// <param name="Workers">How many devices.</param>
/// <param name="ModelsThatFit">What each says of its memory.</param>
/// <param name="Fault">Asked before the given epoch of each slice (0: before the first); throws or does nothing.</param>
internal sealed record FaultyWorkers(Plan Plan, Dataset Data, int Workers, int ModelsThatFit, Action<WorkUnit, int> Fault) : IWorkerSource
{
    /// <summary>All slices that were begun, in order.</summary>
    public List<WorkUnit> Begun { get; } = [];

    /// <summary>How often a worker gave its memory back, its end included.</summary>
    public int Releases { get; private set; }

    public IReadOnlyList<IUnitWorker> Create(int units) => [.. Enumerable.Range(0, Workers).Select(number => new Worker(this, number))];

    private sealed class Worker(FaultyWorkers owner, int number) : IUnitWorker
    {
        private readonly IUnitWorker _inner = new DeviceWorkers(DeviceSelection.Cpu(1), owner.Plan, owner.Data).Create(1)[0];

        public string Device => $"test:{number} (faulty)";

        public int ModelsThatFit(WorkUnit unit, Split split) => Math.Min(owner.ModelsThatFit, unit.ModelCount);

        public CohortImages? Prepare(WorkUnit unit, Split split) => _inner.Prepare(unit, split);

        public IReadOnlyList<ModelResult> Train(
            WorkUnit slice,
            Split split,
            CohortImages? images,
            IReadOnlyList<TrainedModel>? trained,
            Action<IReadOnlyList<EpochMetrics>> afterEpoch,
            Action<string, double> worked,
            CancellationToken cancel)
        {
            lock (owner.Begun)
            {
                owner.Begun.Add(slice);
            }

            int epoch = 0;
            owner.Fault(slice, epoch);
            return _inner.Train(slice, split, images, trained, metrics =>
            {
                afterEpoch(metrics);
                owner.Fault(slice, ++epoch);
            }, worked, cancel);
        }

        public void Release()
        {
            lock (owner.Begun)
            {
                owner.Releases++;
            }

            _inner.Release();
        }

        public void Dispose() => Release();
    }
}
