namespace GpuMlp.Runner.Progress;

/// <summary>How far a sweep is, at one moment. Counts include what an earlier run had done; rates do not.</summary>
/// <param name="Fraction">Of the work, training and analyses, 0..1.</param>
/// <param name="Left">Time left, training and analyses; null while it is unknown.</param>
/// <param name="EpochsDone">Cohort epochs: one epoch of all models of a cohort counts one.</param>
/// <param name="GflopDone">Dense-equivalent work: 4 N D C FLOP an epoch, whatever the kernel skipped.</param>
/// <param name="Elapsed">Since this run began.</param>
/// <param name="BestF1">Best training F1 of any model so far, 0..1; 0 or NaN when there is none yet.</param>
/// <param name="Now">What is worked on now, as in <c>4v9 seed 42</c>; may be empty.</param>
/// <param name="Phase">What is done with it: <c>training</c>, <c>pruning</c>; may be empty.</param>
/// <param name="EpochsAtStart">Of <paramref name="EpochsDone"/>, those resumed from an earlier run.</param>
/// <param name="GflopAtStart">Of <paramref name="GflopDone"/>, those resumed from an earlier run.</param>
internal sealed record SweepState(
    int ModelsDone,
    int Models,
    int UnitsDone,
    int Units,
    double Fraction,
    TimeSpan? Left,
    long EpochsDone,
    double GflopDone,
    TimeSpan Elapsed,
    double BestF1,
    string Now,
    string Phase,
    int Failed,
    long EpochsAtStart = 0,
    double GflopAtStart = 0)
{
    /// <summary>The same some time later, when nothing new is known.</summary>
    public SweepState After(TimeSpan age) => this with
    {
        Elapsed = Elapsed + age,
        Left = Left is { } left ? TimeSpan.FromTicks(Math.Max(0, (left - age).Ticks)) : null,
    };

    /// <summary>GFLOP/s, dense-equivalent, of this run alone; 0 before anything is done.</summary>
    public double GflopRate => Rate(GflopDone - GflopAtStart);

    /// <summary>Cohort epochs a second, of this run alone; 0 before anything is done.</summary>
    public double EpochRate => Rate(EpochsDone - EpochsAtStart);

    private double Rate(double done) => Elapsed > TimeSpan.Zero && done > 0 ? done / Elapsed.TotalSeconds : 0;
}
