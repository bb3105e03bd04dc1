using System.Collections.Concurrent;
using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GpuMlp.Runner.Progress;

/// <summary>
/// Progress on a terminal: four lines that are drawn again eight times a second at most, by a thread of their own, so
/// that training never waits for a terminal and the clock moves on between updates.
/// </summary>
internal sealed class LiveProgress : ISweepProgress
{
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(125);

    private readonly IAnsiConsole _console;
    private readonly ConcurrentQueue<string> _notes = new();
    private readonly ManualResetEventSlim _stop = new();
    private readonly Task _painter;
    private Sample? _newest;
    private volatile bool _isUnderWay;

    public LiveProgress(TextWriter writer)
        : this(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }))
    {
    }

    internal LiveProgress(IAnsiConsole console)
    {
        _console = console;
        _painter = Task.Factory.StartNew(Paint, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public void Begin(SweepState s) => Volatile.Write(ref _newest, new Sample(s, Stopwatch.GetTimestamp()));

    public void Update(SweepState s)
    {
        _isUnderWay = true;
        Volatile.Write(ref _newest, new Sample(s, Stopwatch.GetTimestamp()));
    }

    public void Note(string line) => _notes.Enqueue(line);

    public void Dispose()
    {
        if (_stop.IsSet)
        {
            return;
        }

        _stop.Set();
        _painter.Wait();
        WriteNotes();
        if (_isUnderWay && Volatile.Read(ref _newest) is { } last)
        {
            _console.WriteLine(ProgressText.LastLine(last.State));
        }
    }

    /// <summary>The four lines of a state, at most <paramref name="width"/> characters wide.</summary>
    /// <param name="age">Time since the state was reported; added to elapsed, taken from what is left.</param>
    internal static IRenderable Draw(SweepState s, TimeSpan age, int width)
    {
        int room = Math.Min(width, ProgressText.Width);
        string percent = ProgressText.Percent(s).PadLeft(6);
        int bar = Math.Max(1, room - percent.Length);
        int full = (int)(bar * s.Fraction);
        SweepState aged = s.After(age);
        string phase = s.Phase.Length > 0 ? ", " + s.Phase : "", now = s.Now.Length > 0 ? $", now {s.Now}{phase}" : "";
        string clock = $"{ProgressText.Duration(aged.Elapsed)} elapsed, {ProgressText.Left(aged.Left)}, {ProgressText.BestF1(s)}";

        return new Rows(
            new Paragraph()
                .Append(new string('━', full), new Style(Color.Green))
                .Append(new string('─', bar - full), new Style(Color.Grey))
                .Append(percent),
            new Text(
                ProgressText.Fit(ProgressText.Counts(s) + now, room),
                s.Failed > 0 ? new Style(Color.Yellow) : Style.Plain),
            new Text(ProgressText.Fit(ProgressText.Rate(s), room)),
            new Text(ProgressText.Fit(clock, room)));
    }

    private void Paint() => _console.Live(new Text(string.Empty)).AutoClear(true).Start(context =>
    {
        do
        {
            WriteNotes();
            if (Volatile.Read(ref _newest) is { } sample)
            {
                context.UpdateTarget(Draw(sample.State, Stopwatch.GetElapsedTime(sample.Timestamp), _console.Profile.Width));
            }
        }
        while (!_stop.Wait(s_redraw));
    });

    private void WriteNotes()
    {
        while (_notes.TryDequeue(out string? note))
        {
            _console.WriteLine(note);
        }
    }

    private sealed record Sample(SweepState State, long Timestamp);
}
