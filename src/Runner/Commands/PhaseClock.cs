using System.Diagnostics;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Report;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Commands;

/// <summary>Wall-clock seconds of each phase of a command.</summary>
/// <param name="io">Where phases that have no display of their own are shown while they last; null for nowhere.</param>
internal sealed class PhaseClock(CommandIo? io = null)
{
    private readonly Dictionary<string, double> _seconds = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>What people are told that a phase does; the others show their own progress.</summary>
    public static IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>
    {
        ["plan"] = "planning",
        ["data"] = "loading data",
        ["resume"] = "looking for finished units",
        ["models"] = "reading models",
        ["check"] = "checking runs",
        ["devices"] = "looking for devices",
        ["estimate"] = "measuring this machine",
        ["export"] = "exporting models",
        ["compare"] = "comparing runs",
        ["roof"] = "measuring this machine",
        ["plots"] = "drawing plots",
        ["merge"] = "merging tables and weights",
        ["saliency"] = "drawing saliency pictures",
        ["table"] = "adding up",
        [RunFacts.ReportPhase] = "drawing plots and report",
    };

    public DateTime StartedUtc { get; } = DateTime.UtcNow;

    public IReadOnlyDictionary<string, double> Seconds => _seconds;

    /// <summary>Seconds since the clock was made.</summary>
    public double Total => Stopwatch.GetElapsedTime(_start).TotalSeconds;

    /// <summary>For commands that are as silent as ever when piped: phases are shown on a terminal alone.</summary>
    public static PhaseClock OnTerminal(CommandIo io, bool quiet) => new(quiet || !io.ErrorIsTerminal ? null : io);

    /// <inheritdoc cref="Measure{T}(string, Func{Action{string, int, int}, T})"/>
    public void Measure(string phase, Action work) => _ = Measure(phase, () =>
    {
        work();
        return true;
    });

    /// <inheritdoc cref="Measure{T}(string, Func{Action{string, int, int}, T})"/>
    public T Measure<T>(string phase, Func<T> work) => Measure(phase, _ => work());

    /// <summary>Runs a phase; its time counts also when it throws.</summary>
    /// <param name="work">May tell a part of the phase, how much of that is done, and of how much; from any thread.</param>
    public T Measure<T>(string phase, Func<Action<string, int, int>, T> work)
    {
        long start = Stopwatch.GetTimestamp();
        using PhaseLine? line = io is not null && Words.TryGetValue(phase, out string? words) ? new PhaseLine(io, words) : null;
        try
        {
            return work((what, done, all) => line?.Tell(what, done, all));
        }
        finally
        {
            _seconds[phase] = Math.Round(_seconds.GetValueOrDefault(phase) + Stopwatch.GetElapsedTime(start).TotalSeconds, 3);
        }
    }
}
