using System.Globalization;
using GpuMlp.Engine.Bench;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Progress;

/// <summary>How far a bench is, on stderr: one line that is written over on a terminal, a line at every tenth when piped.</summary>
internal sealed class BenchProgress(CommandIo io, bool quiet) : IBenchObserver, IDisposable
{
    private PhaseLine? _line;
    private int _tenth = -1;

    public void Problem(int done, int all, string name)
    {
        if (quiet)
            return;
        string text = string.Create(CultureInfo.InvariantCulture, $"{done} of {all}: {name}");
        if (io.ErrorIsTerminal)
        {
            _line?.Dispose();
            _line = new PhaseLine(io, text);
        }
        else if (10 * done / all > _tenth)
        {
            _tenth = 10 * done / all;
            io.Error.WriteLine(text);
        }
    }

    /// <summary>Leaves the terminal with an empty line to write on.</summary>
    public void Dispose()
    {
        _line?.Dispose();
        _line = null;
    }
}
