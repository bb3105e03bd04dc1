using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Sweeps;

/// <summary>The devices of a selection as workers on a plan.</summary>
public sealed class DeviceWorkers(DeviceSelection selection, Plan plan, Dataset data) : IWorkerSource
{
    // A cohort keeps about four cores busy (its widest model is one thread's work); more cores take more cohorts at once. Fewer take two
    // all the same: what one does alone between its kernels, the other fills.
    private const int ThreadsPerCpuWorker = 4, UsualCpuWorkers = 2;

    public IReadOnlyList<IUnitWorker> Create(int units)
    {
        if (selection.Kind != AcceleratorType.CPU)
        {
            int used = Math.Max(1, units);
            selection.Ahead?.Leave(selection.Devices.Skip(used));
            return [.. selection.Devices.Take(used)
                .Select(device => new DeviceWorker(device, selection.Threads, plan, data, selection.Ahead))];
        }

        int threads = selection.Threads, most = Math.Max(threads / ThreadsPerCpuWorker, Math.Min(threads, UsualCpuWorkers));
        int workers = Math.Clamp(units, 1, most);
        return [.. Enumerable.Range(0, workers).Select(
            worker => new DeviceWorker(selection.Devices[0], (threads / workers) + (worker < threads % workers ? 1 : 0), plan, data))];
    }
}

/// <summary>A device that is opened for the first slice, if it was not before, and kept.</summary>
internal sealed class DeviceWorker(DeviceInfo info, int threads, Plan plan, Dataset data, DeviceStart? ahead = null) : IUnitWorker
{
    private ComputeDevice? _device;
    private DeviceKernels? _kernels;

    // Of the device once it was open, for whoever prepares the next unit.
    private volatile ImageTarget? _target;

    public string Device => info.ToString();

    public int ModelsThatFit(WorkUnit unit, Split split) => CohortMemory.ModelsThatFit(info, plan, data, unit, split);

    public CohortImages? Prepare(WorkUnit unit, Split split) =>
        info.Kind == AcceleratorType.CPU || _target is not { } target ? null
            : CohortImages.MakeAll(target, data, split, plan.VariantOf(unit).Batch);

    public IReadOnlyList<ModelResult> Train(
        WorkUnit slice,
        Split split,
        CohortImages? images,
        IReadOnlyList<TrainedModel>? trained,
        Action<IReadOnlyList<EpochMetrics>> afterEpoch,
        Action<string, double> worked,
        CancellationToken cancel)
    {
        SweepSpec spec = plan.SpecOf(slice);
        TrainingVariant variant = plan.VariantOf(slice);
        if (trained is not null && AnalysisList.Taken(spec, split, variant, trained) is { } taken)
            return taken;
        _device ??= ahead?.Take(info) ?? ComputeDevice.Open(info, threads);
        _kernels ??= DeviceKernels.Create(_device);
        _target = ImageTarget.Of(_device);
        CohortImages? fitting = images?.Train.Target == _target ? images : null;
        using var cohort = new Cohort(_device, _kernels, data, split, plan.ModelsOf(slice), variant, images: fitting);
        return trained is null
            ? AnalysisList.TrainAndAnalyse(cohort, spec, (_, metrics) => afterEpoch(metrics), cancel, worked)
            : AnalysisList.Analyse(cohort, spec, trained, afterEpoch, cancel, worked);
    }

    public void Release()
    {
        ComputeDevice? device = _device;
        (_device, _kernels) = (null, null);
        try
        {
            // Closing the device frees whatever lies on it, also buffers that a failed constructor has left behind.
            device?.Dispose();
        }
        catch (Exception error) when (DeviceFaults.Of(error) != DeviceFault.None)
        {
            // A lost device cannot be told to free its memory, and there is nothing left to free.
        }
    }

    public void Dispose() => Release();
}
