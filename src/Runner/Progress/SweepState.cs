namespace GpuMlp.Runner.Progress;

/// <summary>How far a sweep is, at one moment. Counts include what an earlier run had done; rates do not.</summary>
/// <param name="EpochsDone">Cohort epochs: one epoch of all models of a cohort counts one.</param>
/// <param name="GflopDone">Dense-equivalent work: 4 N D C FLOP an epoch, whatever the kernel skipped.</param>
/// <param name="Elapsed">Since this run began.</param>
/// <param name="BestF1">Best training F1 of any model so far, 0..1; 0 or NaN when there is none yet.</param>
/// <param name="Now">What is trained now, as in <c>4v9 seed 42</c>; may be empty.</param>
/// <param name="EpochsAtStart">Of <paramref name="EpochsDone"/>, those resumed from an earlier run.</param>
/// <param name="GflopAtStart">Of <paramref name="GflopDone"/>, those resumed from an earlier run.</param>
internal sealed record SweepState(
    int ModelsDone,
    int Models,
    int UnitsDone,
    int Units,
    long EpochsDone,
    long EpochsTotal,
    double GflopDone,
    double GflopTotal,
    TimeSpan Elapsed,
    double BestF1,
    string Now,
    int Failed,
    long EpochsAtStart = 0,
    double GflopAtStart = 0)
{
    /// <summary>Fraction of the work, 0..1.</summary>
    public double Fraction => GflopTotal > 0 ? Math.Clamp(GflopDone / GflopTotal, 0, 1) : ModelsDone >= Models ? 1 : 0;

    /// <summary>GFLOP/s, dense-equivalent, of this run alone; 0 before anything is done.</summary>
    public double GflopRate => Rate(GflopDone - GflopAtStart);

    /// <summary>Cohort epochs a second, of this run alone; 0 before anything is done.</summary>
    public double EpochRate => Rate(EpochsDone - EpochsAtStart);

    /// <summary>Time left at the rate so far; null while the rate is unknown.</summary>
    public TimeSpan? Left
    {
        get
        {
            double left = Math.Max(0, GflopTotal - GflopDone);
            double seconds = left == 0 ? 0 : left / GflopRate;

            // Beyond a century the guess is noise, and TimeSpan overflows at some point.
            return seconds < 100 * 365.0 * 86400 ? TimeSpan.FromSeconds(seconds) : null;
        }
    }

    private double Rate(double done) => Elapsed > TimeSpan.Zero && done > 0 ? done / Elapsed.TotalSeconds : 0;
}
