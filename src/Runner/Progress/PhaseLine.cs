using System.Diagnostics;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Progress;

/// <summary>
/// Says on stderr what a command is at that has no display of its own, and for how long. On a terminal one line, there from the first
/// moment and written over four times a second, which also tells how much is done; when piped a line every five seconds, so that work of
/// an instant is not mentioned.
/// </summary>
internal sealed class PhaseLine : IDisposable
{
    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(250), s_interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CommandIo _io;
    private readonly string _words;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Timer _timer;
    private string _step = "";
    private int _width;
    private bool _ended;

    /// <param name="words">What is done: <c>merging</c>.</param>
    public PhaseLine(CommandIo io, string words)
    {
        (_io, _words) = (io, words);
        TimeSpan every = io.ErrorIsTerminal ? s_redraw : s_interval;
        _timer = new Timer(_ => Show(), null, every, every);
        if (io.ErrorIsTerminal)
            Show();
    }

    /// <summary>How much of a part of the work is done, for the next time that the line is written; from any thread.</summary>
    /// <param name="what">The part; may be empty.</param>
    public void Tell(string what, int done, int all)
    {
        lock (_gate)
            _step = ProgressText.Step(what, done, all);
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
            if (!_io.ErrorIsTerminal)
            {
                _io.Error.WriteLine($"{_words}, {ProgressText.Duration(time)}");
                return;
            }

            // A dot that goes on tells life within a second, too.
            string dots = new('.', 1 + ((int)(time / s_redraw) % 3));
            string end = $", {ProgressText.Duration(time)}";
            string text = ProgressText.Fit(_words + _step, ProgressText.Width - end.Length - 3) + end + dots;
            _io.Error.Write($"\r{text.PadRight(_width)}");
            _io.Error.Flush();
            _width = Math.Max(_width, text.Length);
        }
    }
}
