using GpuMlp.Engine.Plans;
using GpuMlp.Runner.Progress;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class WorkClockTests
{
    private static readonly IReadOnlyList<UnitPhase> s_phases = [new("training", 1000, 4), new("pruning", 3000, 4)];

    [Fact]
    public void Time_left_counts_analyses_at_the_pace_that_each_phase_has_had()
    {
        WorkClock clock = Clock(2);
        Assert.Null(clock.Left(1));

        // Training takes twice as long as estimated, pruning half as long.
        clock.Worked(0, 0, 1, "training", 0, Seconds(0));
        clock.Worked(0, 0, 1, "training", 0.5, Seconds(1000));
        Assert.Equal(5.0 / 80, clock.Fraction, 9);

        // Of pruning nothing is known yet: it counts as slow as training was.
        Assert.Equal(15_000.0, clock.Left(1)!.Value.TotalSeconds, tolerance: 150);
        clock.Worked(0, 0, 1, "pruning", 0, Seconds(2000));
        clock.Worked(0, 0, 1, "pruning", 0.8, Seconds(3200));
        Assert.Equal((10 + 24) / 80.0, clock.Fraction, 9);
        const double Expected = (600 / 2.0) + 2000 + 1500;
        Assert.Equal(Expected, clock.Left(1)!.Value.TotalSeconds, tolerance: 0.01 * Expected);
        Assert.Equal(Expected / 2, clock.Left(2)!.Value.TotalSeconds, tolerance: 0.01 * Expected);
    }

    [Fact]
    public void Units_of_an_earlier_run_are_done_but_tell_no_pace()
    {
        WorkClock clock = Clock(4, finished: [0, 1]);
        Assert.Equal(0.5, clock.Fraction, 9);
        Assert.Null(clock.Left(1));
    }

    [Fact]
    public void At_the_end_no_time_is_left()
    {
        WorkClock clock = Clock(2, finished: [0]);
        clock.Worked(1, 0, 1, "training", 0, Seconds(0));
        clock.Finished(1, Seconds(3));
        Assert.Equal(1, clock.Fraction, 9);
        Assert.Equal(TimeSpan.Zero, clock.Left(1));
        Assert.Equal(TimeSpan.Zero, Clock(1, finished: [0]).Left(1));
    }

    [Fact]
    public void A_unit_that_is_given_up_is_no_work_any_more()
    {
        WorkClock clock = Clock(1);
        clock.Worked(0, 0, 1, "training", 0.5, Seconds(1));
        clock.GivenUp(0);
        Assert.Equal(1, clock.Fraction, 9);
    }

    [Fact]
    public void Slices_that_are_begun_again_never_set_the_fraction_back()
    {
        WorkClock clock = Clock(1);
        clock.Worked(0, 0, 1, "training", 0.8, Seconds(1));
        Assert.Equal(8 / 40.0, clock.Fraction, 9);

        // Half of its models, from the beginning; then these through all phases, and the other half.
        clock.Worked(0, 0, 0.5, "training", 0.1, Seconds(2));
        Assert.Equal(8 / 40.0, clock.Fraction, 9);
        clock.Worked(0, 0.5, 0.5, "training", 0.5, Seconds(3));
        Assert.Equal(((0.8 * 10) + (0.5 * 30)) / 40, clock.Fraction, 9);
        clock.Worked(0, 0.5, 0.5, "pruning", 1, Seconds(4));
        Assert.Equal(1, clock.Fraction, 9);
    }

    private static WorkClock Clock(int units, int[]? finished = null) =>
        new(Enumerable.Range(0, units).ToDictionary(unit => unit, _ => s_phases), finished ?? []);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
