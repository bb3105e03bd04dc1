using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Progress;

/// <summary>Chooses how progress is shown.</summary>
internal static class SweepProgress
{
    /// <summary>Nothing when quiet, a live display on a terminal, else plain lines; always on <see cref="CommandIo.Error"/>.</summary>
    public static ISweepProgress Create(CommandIo io, bool quiet) =>
        quiet ? new QuietProgress()
        : io.ErrorIsTerminal ? new LiveProgress(io.Error)
        : new PlainProgress(io.Error);
}
