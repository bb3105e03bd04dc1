using System.Diagnostics;

namespace GpuMlp.Runner.Commands;

/// <summary>Wall-clock seconds of each phase of a command.</summary>
internal sealed class PhaseClock
{
    private readonly Dictionary<string, double> _seconds = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    public DateTime StartedUtc { get; } = DateTime.UtcNow;

    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    /// <summary>Seconds since the clock was made.</summary>
    public double Total => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    /// <inheritdoc cref="Measure{T}"/>
    public void Measure(string phase, Action work) => _ = Measure(phase, () =>
    {
        work();
        return true;
    });

    /// <summary>Runs a phase; its time counts also when it throws.</summary>
    public T Measure<T>(string phase, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            return work();
        }
        finally
        {
            _seconds[phase] = _seconds.GetValueOrDefault(phase) + Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3);
        }
    }
}
