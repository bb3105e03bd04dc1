using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Sweeps;

/// <summary>A CPU whose images are made ahead, as those of GPUs are.</summary>
/// <param name="ModelsThatFit">What it says of its memory.</param>
internal sealed record PreparingWorkers(Plan Plan, Dataset Data, int ModelsThatFit) : IWorkerSource
{
    /// <summary>Units, in the order in which their images were made.</summary>
    public List<int> Prepared { get; } = [];

    /// <summary>Units, in the order in which they were begun; each once.</summary>
    public List<int> Trained { get; } = [];

    public IReadOnlyList<IUnitWorker> Create(int units) => [new Worker(this)];

    private sealed class Worker(PreparingWorkers owner) : IUnitWorker
    {
        private readonly IUnitWorker _inner = new DeviceWorkers(DeviceSelection.Cpu(1), owner.Plan, owner.Data).Create(1)[0];
        private readonly ImageTarget _target = TargetOf();
        private readonly Dictionary<CohortImages, int> _unitOf = [];

        public string Device => _inner.Device;

        public int ModelsThatFit(WorkUnit unit, Split split) => Math.Min(owner.ModelsThatFit, unit.ModelCount);

        public CohortImages? Prepare(WorkUnit unit, Split split)
        {
            Assert.Null(_inner.Prepare(unit, split));
            var images = CohortImages.MakeAll(_target, owner.Data, split, owner.Plan.VariantOf(unit).Batch);
            lock (_unitOf)
                _unitOf.Add(images, unit.Id);
            owner.Prepared.Add(unit.Id);
            return images;
        }

        public IReadOnlyList<ModelResult> Train(
            WorkUnit slice,
            Split split,
            CohortImages? images,
            IReadOnlyList<TrainedModel>? trained,
            Action<IReadOnlyList<EpochMetrics>> afterEpoch,
            Action<string, double> worked,
            CancellationToken cancel)
        {
            if (!owner.Trained.Contains(slice.Id))
                owner.Trained.Add(slice.Id);
            lock (_unitOf)
            {
                // Nobody was at work before the first one.
                int? of = images is null ? null : _unitOf[images], expected = owner.Trained.Count == 1 ? null : slice.Id;
                Assert.Equal(expected, of);
            }

            return _inner.Train(slice, split, images, trained, afterEpoch, worked, cancel);
        }

        public void Release() => _inner.Release();

        public void Dispose() => _inner.Dispose();

        private static ImageTarget TargetOf()
        {
            using CpuDevice device = new(threads: 1);
            return ImageTarget.Of(device);
        }
    }
}
