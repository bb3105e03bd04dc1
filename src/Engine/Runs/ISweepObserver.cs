using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Runs;

/// <summary>What a sweep tells while it works. Calls may come from several threads at once.</summary>
public interface ISweepObserver
{
    /// <summary>One epoch of all models of a unit is done, or of some of them where a device's memory does not hold all at once.</summary>
    /// <param name="slice">The unit, or the consecutive models of it.</param>
    /// <param name="metrics">One entry a model.</param>
    void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics);

    /// <summary>How much of a phase of a unit, or of some of its models, is done; told several times a second where it is known.</summary>
    /// <param name="slice">As for <see cref="EpochDone"/>.</param>
    /// <param name="phase">The name of a <see cref="UnitPhase"/>.</param>
    /// <param name="share">0 when it begins, 1 at its end.</param>
    void Worked(WorkUnit slice, string phase, double share)
    {
    }

    /// <summary>A unit is trained and on disk.</summary>
    void UnitDone(UnitResult result);

    /// <summary>A unit could not be finished; the others go on.</summary>
    void UnitFailed(WorkUnit unit, string error)
    {
    }
}
