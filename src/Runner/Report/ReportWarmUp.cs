using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>
/// Has what reads tables and draws plots loaded and compiled by another thread while a run is merged or its tables are read. Writes
/// nothing, and what fails here fails again, and is told, where a page is made.
/// </summary>
internal static class ReportWarmUp
{
    private static readonly Lock s_lock = new();
    private static Task? s_begun;

    /// <summary>Returns at once; the work is done once a process.</summary>
    /// <param name="run">Of which a page will be made.</param>
    public static Task Begin(RunDirectory run)
    {
        RunDirectory beside = run.Beside();
        lock (s_lock)
        {
            return s_begun ??= Task.Run(() =>
            {
                Draw();
                StudyReader.WarmUp();
                ReportWriter.Rehearse(beside);
            });
        }
    }

    // As small as a picture with a part of each kind can be.
    private static void Draw()
    {
        using Figure figure = new("title", "note", columns: 1, panelWidth: 160, panelHeight: 120);
        Panel panel = figure.Add("panel", "x", "y");
        panel.LogX([1, 2]);
        panel.Series(PlotTheme.Series(0, "series"), [1, 2], [0, 1], [0, 1], [0, 1]);
        panel.Bars(PlotTheme.Series(1, "bars"), [1], [0.5], [0], [1]);
        panel.Level(PlotTheme.Reference("level"), 0.5);
        panel.Upright(PlotTheme.Reference("upright"), 1.5);
        panel.Note("note", 1, 0.5);
        panel.YRange(0, 1);
        _ = figure.Encode();
    }
}
