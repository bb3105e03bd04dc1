using System.Diagnostics;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Report;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Commands;

/// <summary>Wall-clock seconds of each phase of a command.</summary>
/// <param name="io">Where phases that tell nothing of themselves are shown while they last; null for nowhere.</param>
internal sealed class PhaseClock(CommandIo? io = null)
{
    // What people are told; the others show their own progress.
    private static readonly Dictionary<string, string> s_words = new()
    {
        ["plan"] = "planning",
        ["data"] = "loading data",
        ["resume"] = "looking for finished units",
        ["merge"] = "merging tables and weights",
        ["saliency"] = "drawing saliency pictures",
        ["table"] = "adding up",
        [RunFacts.ReportPhase] = "drawing plots and report",
    };

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
        using PhaseLine? line = io is not null && s_words.TryGetValue(phase, out string? words) ? new PhaseLine(io, words) : null;
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
