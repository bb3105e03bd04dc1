namespace GpuMlp.Runner.Progress;

/// <summary>
/// Progress for logs and pipes: one short line every five seconds of <see cref="SweepState.Elapsed"/> at most, and one at
/// the end. No escapes, nothing is overwritten.
/// </summary>
internal sealed class PlainProgress(TextWriter writer) : ISweepProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private SweepState? _last;
    private TimeSpan _shown;
    private bool _disposed;

    public void Update(SweepState s)
    {
        lock (_gate)
        {
            _last = s;
            if (!_disposed && s.Elapsed - _shown >= s_interval)
            {
                _shown = s.Elapsed;
                writer.WriteLine(ProgressText.PlainLine(s));
            }
        }
    }

    public void Note(string line)
    {
        lock (_gate)
        {
            writer.WriteLine(line);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed && _last is not null)
            {
                writer.WriteLine(ProgressText.LastLine(_last));
            }

            _disposed = true;
        }
    }
}
