using System.Diagnostics;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Progress;

/// <summary>
/// Says on stderr what a command is at that has no progress to tell, and for how long: one line that is written over four times a second
/// on a terminal, a line every five seconds when piped. Work of an instant is not mentioned.
/// </summary>
internal sealed class PhaseLine : IDisposable
{
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(250), s_interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CommandIo _io;
    private readonly string _words;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Timer _timer;
    private int _width;
    private bool _ended;

    /// <param name="words">What is done: <c>merging</c>.</param>
    public PhaseLine(CommandIo io, string words)
    {
        (_io, _words) = (io, words);
        TimeSpan every = io.ErrorIsTerminal ? s_redraw : s_interval;
        _timer = new Timer(_ => Show(), null, every, every);
    }

    /// <summary>Leaves the terminal with an empty line to write on.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _ended = true;
            if (_width > 0)
                _io.Error.Write($"\r{new string(' ', _width)}\r");
        }
    }

    private void Show()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            TimeSpan time = Stopwatch.GetElapsedTime(_start);
            string text = $"{_words}, {ProgressText.Duration(time)}";
            if (!_io.ErrorIsTerminal)
            {
                _io.Error.WriteLine(text);
                return;
            }

            // A dot that goes on tells life within a second, too.
            text += new string('.', 1 + ((int)(time / s_redraw) % 3));
            _io.Error.Write($"\r{text.PadRight(_width)}");
            _io.Error.Flush();
            _width = Math.Max(_width, text.Length);
        }
    }
}
