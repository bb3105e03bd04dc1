using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Sweeps;

/// <summary>What the host makes of a unit before a device trains it.</summary>
/// <param name="Images">Null where the worker makes them itself.</param>
internal sealed record UnitInput(Split Split, CohortImages? Images);

/// <summary>
/// The units that are left, and ahead of time the input of the first of them: of one alone, so that memory holds one more than is
/// trained, and of no worker's own, so that whoever is free takes it. For any thread.
/// </summary>
/// <param name="units">In the order in which they are taken.</param>
internal sealed class UnitQueue(IEnumerable<WorkUnit> units)
{
    private readonly Lock _gate = new();
    private readonly Queue<WorkUnit> _units = new(units);
    private (int Unit, Task<UnitInput> Making)? _ahead;

    public int Count
    {
        get
        {
            lock (_gate)
                return _units.Count;
        }
    }

    /// <param name="ahead">Its input, where it was begun; a fault of that is met by whoever waits for it.</param>
    public bool TryTake(out WorkUnit unit, out Task<UnitInput>? ahead)
    {
        lock (_gate)
        {
            ahead = null;
            if (!_units.TryDequeue(out unit))
                return false;
            if (_ahead is { } made && made.Unit == unit.Id)
                (ahead, _ahead) = (made.Making, null);
            return true;
        }
    }

    /// <summary>Begins to make the first unit's input, unless somebody has, and does not wait for it.</summary>
    public void Prepare(Func<WorkUnit, UnitInput> make)
    {
        lock (_gate)
        {
            if (_ahead is null && _units.TryPeek(out WorkUnit next))
                _ahead = (next.Id, Task.Run(() => make(next)));
        }
    }
}
