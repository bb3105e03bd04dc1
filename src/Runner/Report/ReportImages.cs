using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>A plot as the page holds it, which may still be being drawn: whoever asks for its bytes waits.</summary>
/// <param name="png">Ends when its file is written.</param>
internal sealed class DrawnPlot(StudyPlot plot, Task<byte[]> png)
{
    public string Name => plot.Name;

    public string Section => plot.Section;

    public string Alternative => plot.Alternative;

    /// <summary>The bytes of its file.</summary>
    public byte[] Png => png.GetAwaiter().GetResult();

    /// <summary>Ends when nothing is drawn any more; never fails.</summary>
    public Task Ended => png.ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>Throws what went wrong with it, as it would have been thrown without other threads.</summary>
    public void Wait() => _ = Png;
}

/// <summary>The pictures of a report: drawn, saved as PNG, and put into the page as data.</summary>
internal static class ReportImages
{
    /// <summary>Has every plot drawn, in their order, and saved as RUN/plots/NAME.png.</summary>
    /// <exception cref="GpuMlp.Engine.UserErrorException">No folder can be made.</exception>
    public static IReadOnlyList<DrawnPlot> Begin(RunDirectory run, IReadOnlyList<StudyPlot> plots)
    {
        string folder = run.OwnFolder("plots");
        AtomicFile.CreateFolder(folder);
        return
        [
            .. plots.Select(plot => new DrawnPlot(plot, Task.Run(() =>
            {
                using Figure figure = plot.Draw();
                byte[] png = figure.Encode();
                AtomicFile.Write(Path.Combine(folder, plot.Name + ".png"), png);
                return png;
            }))),
        ];
    }

    /// <summary>Returns when nothing is drawn or written any more, whatever went wrong.</summary>
    public static void End(IReadOnlyList<DrawnPlot> plots) => Task.WhenAll(plots.Select(plot => plot.Ended)).GetAwaiter().GetResult();

    /// <summary>A plot, which the page inverts where the screen is dark.</summary>
    public static void Write(Html html, DrawnPlot plot) => html.Raw($"<figure id=\"plot-{plot.Name}\">").Later(() =>
    {
        (int width, int height) = PngBytes.Size(plot.Png);
        return Image(plot.Png, (width / 2, height / 2), "class=\"plot\" ", plot.Alternative);
    }).Element("figcaption", $"plots/{plot.Name}.png").Raw("</figure>\n");

    /// <summary>A picture of the run that is the same in any light.</summary>
    public static void Write(Html html, byte[] png, string alternative, string caption) =>
        html.Raw("<figure>").Later(() => Image(png, PngBytes.Size(png), "", alternative)).Element("figcaption", caption).Raw("</figure>\n");

    private static string Image(byte[] png, (int Width, int Height) size, string attributes, string alternative) =>
        $"<img {attributes}src=\"data:image/png;base64,{Convert.ToBase64String(png)}\" width=\"{size.Width}\" height=\"{size.Height}\" "
        + $"alt=\"{Html.Escape(alternative)}\">";
}
