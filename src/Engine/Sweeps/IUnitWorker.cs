using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// One device at work: the boundary between a sweep and a device, at which everything that goes wrong with a device shows.
/// The object belongs to the thread that uses it, but for <see cref="Prepare"/>.
/// </summary>
public interface IUnitWorker : IDisposable
{
    /// <summary>For messages: <c>cuda:0 (NVIDIA H100)</c>.</summary>
    string Device { get; }

    /// <summary>How many of a unit's models, from its first one, the device's memory holds at once; at least 1.</summary>
    int ModelsThatFit(WorkUnit unit, Split split);

    /// <summary>
    /// Makes the images of a unit on the host, while the device trains another one; from any thread.
    /// </summary>
    /// <returns>Null where that would take time from training: a CPU's threads train themselves.</returns>
    CohortImages? Prepare(WorkUnit unit, Split split);

    /// <summary>Trains models at once; their bits depend neither on each other nor on how a unit is cut.</summary>
    /// <param name="slice">A unit, or some consecutive models of one.</param>
    /// <param name="split">The unit's images.</param>
    /// <param name="images">Of <see cref="Prepare"/>; null makes them.</param>
    /// <param name="trained">The slice's models, where they were trained before: then only analyses that they lack are made; else
    /// null.</param>
    /// <param name="afterEpoch">Told the figures of each epoch.</param>
    /// <param name="worked">Told a phase and the share of it that is done, 0..1.</param>
    /// <param name="cancel">Looked at between epochs.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    IReadOnlyList<ModelResult> Train(
        WorkUnit slice,
        Split split,
        CohortImages? images,
        IReadOnlyList<TrainedModel>? trained,
        Action<IReadOnlyList<EpochMetrics>> afterEpoch,
        Action<string, double> worked,
        CancellationToken cancel);

    /// <summary>Gives back all memory of the device, also what a failed training left; it is opened again when needed.</summary>
    void Release();
}

/// <summary>Where workers come from.</summary>
public interface IWorkerSource
{
    /// <summary>One worker a device that takes part.</summary>
    /// <param name="units">Units to be done; more workers than that would idle.</param>
    IReadOnlyList<IUnitWorker> Create(int units);
}
