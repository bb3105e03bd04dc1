using GpuMlp.Engine.Plans;

namespace GpuMlp.Runner.Progress;

/// <summary>
/// How much of a sweep's work is done and how long the rest takes, training and analyses. A phase's seconds are estimates at first;
/// what its part so far has taken in truth corrects them.
/// </summary>
/// <remarks>Not safe for several threads at once.</remarks>
internal sealed class WorkClock
{
    // Estimated seconds of work that count as if they had been done at the pace of all phases: the beginning of a phase, which may
    // compile or allocate, says little of the rest.
    private const double Trust = 2;

    private readonly IReadOnlyDictionary<int, IReadOnlyList<UnitPhase>> _units;
    private readonly Dictionary<string, Pace> _paces = [];
    private readonly Dictionary<int, InFlight> _inFlight = [];
    private readonly double _total;
    private double _done;

    /// <param name="units">The phases of every unit that counts, by its number.</param>
    /// <param name="finished">Units that were done before.</param>
    public WorkClock(IReadOnlyDictionary<int, IReadOnlyList<UnitPhase>> units, IEnumerable<int> finished)
    {
        _units = units;
        _total = units.Values.Sum(phases => phases.Sum(phase => phase.Seconds));
        foreach (UnitPhase phase in units.Values.SelectMany(phases => phases))
            PaceOf(phase.Name).Left += phase.Seconds;
        foreach (int unit in finished)
            Take(unit, 1, measured: false);
    }

    /// <summary>Of the estimated seconds, 0..1; it never goes back.</summary>
    public double Fraction => _total > 0 ? Math.Clamp(_done / _total, 0, 1) : 1;

    /// <summary>Time left if so many units go on at once; null before anything was measured.</summary>
    /// <param name="units">At least 1.</param>
    public TimeSpan? Left(int units)
    {
        double taken = _paces.Values.Sum(pace => pace.Taken), done = _paces.Values.Sum(pace => pace.Done);
        if (taken <= 0 || done <= 0)
            return _paces.Values.All(pace => pace.Left <= 1e-9) ? TimeSpan.Zero : null;
        double usual = (taken + Trust) / (done + Trust);
        double seconds = _paces.Values.Sum(pace => pace.Left * (pace.Taken + (Trust * usual)) / (pace.Done + Trust));

        // Beyond a century the guess is noise, and TimeSpan overflows at some point.
        return seconds / units < 100 * 365.0 * 86400 ? TimeSpan.FromSeconds(seconds / units) : null;
    }

    /// <summary>A unit has come so far.</summary>
    /// <param name="before">Share of the unit's models that are through all phases.</param>
    /// <param name="share">Share of its models that are at <paramref name="phase"/>.</param>
    /// <param name="done">How much of the phase these have done, 0..1.</param>
    /// <param name="now">Since any moment that stays.</param>
    public void Worked(int unit, double before, double share, string phase, double done, TimeSpan now)
    {
        IReadOnlyList<UnitPhase> phases = _units[unit];
        if (!_inFlight.TryGetValue(unit, out InFlight? at))
            at = _inFlight[unit] = new InFlight(new double[phases.Count], phase, now);
        PaceOf(at.Phase).Taken += (now - at.Since).TotalSeconds;
        (at.Phase, at.Since) = (phase, now);
        int place = phases.ToList().FindIndex(one => one.Name == phase);
        for (int i = 0; i < phases.Count; i++)
            Take(phases[i], at.Done, i, before + (share * (i < place ? 1 : i == place ? done : 0)), measured: true);
    }

    /// <summary>A unit is done.</summary>
    public void Finished(int unit, TimeSpan now)
    {
        if (_inFlight.TryGetValue(unit, out InFlight? at))
            PaceOf(at.Phase).Taken += (now - at.Since).TotalSeconds;
        Take(unit, 1, measured: at is not null);
        _inFlight.Remove(unit);
    }

    /// <summary>A unit will not be done; it is out of the work that is left.</summary>
    public void GivenUp(int unit)
    {
        Take(unit, 1, measured: false);
        _inFlight.Remove(unit);
    }

    private void Take(int unit, double share, bool measured)
    {
        IReadOnlyList<UnitPhase> phases = _units[unit];
        double[] done = _inFlight.TryGetValue(unit, out InFlight? at) ? at.Done : new double[phases.Count];
        for (int i = 0; i < phases.Count; i++)
            Take(phases[i], done, i, share, measured);
    }

    private void Take(UnitPhase phase, double[] done, int i, double share, bool measured)
    {
        // Models of a slice that did not fit are begun again.
        double more = Math.Max(0, share - done[i]) * phase.Seconds;
        done[i] = Math.Max(done[i], share);
        Pace pace = PaceOf(phase.Name);
        pace.Left -= more;
        pace.Done += measured ? more : 0;
        _done += more;
    }

    private Pace PaceOf(string phase) => _paces.TryGetValue(phase, out Pace? pace) ? pace : _paces[phase] = new Pace();

    /// <summary>Of a phase, over all units: estimated seconds left and done, and real seconds that the latter took.</summary>
    private sealed class Pace
    {
        public double Left { get; set; }

        public double Done { get; set; }

        public double Taken { get; set; }
    }

    private sealed class InFlight(double[] done, string phase, TimeSpan since)
    {
        public double[] Done => done;

        public string Phase { get; set; } = phase;

        public TimeSpan Since { get; set; } = since;
    }
}
