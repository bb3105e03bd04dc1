using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Sweeps;

public sealed class UnitQueueTests
{
    private static readonly WorkUnit[] s_units = [.. SampleRun.Plan.Units.Take(3)];

    [Fact]
    public async Task The_first_unit_is_prepared_once_and_goes_to_whoever_takes_it()
    {
        UnitQueue queue = new(s_units);
        List<int> made = [];
        UnitInput Make(WorkUnit unit)
        {
            lock (made)
                made.Add(unit.Id);
            return new(new Split(unit.Task, unit.Seed, [unit.Id], []), null);
        }

        Assert.True(queue.TryTake(out WorkUnit first, out Task<UnitInput>? ahead));
        Assert.Equal((s_units[0], null, 2), (first, ahead, queue.Count));
        queue.Prepare(Make);
        queue.Prepare(Make);
        Assert.True(queue.TryTake(out WorkUnit second, out ahead));
        Assert.Equal([second.Id], (await ahead!).Split.Train);
        queue.Prepare(Make);
        Assert.True(queue.TryTake(out WorkUnit third, out ahead));
        Assert.Equal([third.Id], (await ahead!).Split.Train);
        queue.Prepare(Make);
        Assert.False(queue.TryTake(out _, out ahead));
        Assert.Null(ahead);
        Assert.Equal(s_units[1..].Select(unit => unit.Id), made);
    }

    [Fact]
    public async Task A_fault_is_met_by_whoever_waits_for_what_was_prepared()
    {
        UnitQueue queue = new(s_units);
        queue.Prepare(_ => throw new UserErrorException("no images"));
        Assert.True(queue.TryTake(out _, out Task<UnitInput>? ahead));
        Assert.Equal("no images", (await Assert.ThrowsAsync<UserErrorException>(() => ahead!)).Message);
    }
}
