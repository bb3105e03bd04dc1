using System.Diagnostics;

namespace GpuMlp.Runner.Progress;

/// <summary>
/// Progress for logs and pipes: one short line every five seconds of <see cref="SweepState.Elapsed"/>, also while nothing new is told,
/// and one at the end. No escapes, nothing is overwritten.
/// </summary>
internal sealed class PlainProgress : ISweepProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5), s_look = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly TextWriter _writer;
    private readonly Timer _timer;
    private SweepState? _last;
    private long _told;
    private TimeSpan _shown;
    private bool _disposed;

    public PlainProgress(TextWriter writer)
    {
        _writer = writer;
        _timer = new Timer(_ => Repeat(), null, s_look, s_look);
    }

    public void Update(SweepState s)
    {
        lock (_gate)
        {
            (_last, _told) = (s, Stopwatch.GetTimestamp());
            Show(s);
        }
    }

    public void Note(string line)
    {
        lock (_gate)
        {
            _writer.WriteLine(line);
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            if (!_disposed && _last is not null)
            {
                _writer.WriteLine(ProgressText.LastLine(_last));
            }

            _disposed = true;
        }
    }

    // The state that was told last, as it is now.
    private void Repeat()
    {
        lock (_gate)
        {
            if (_last is { } s)
            {
                Show(s.After(Stopwatch.GetElapsedTime(_told)));
            }
        }
    }

    private void Show(SweepState s)
    {
        if (!_disposed && s.Elapsed - _shown >= s_interval)
        {
            _shown = s.Elapsed;
            _writer.WriteLine(ProgressText.PlainLine(s));
        }
    }
}
