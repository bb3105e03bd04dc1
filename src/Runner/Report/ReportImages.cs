using System.Buffers.Text;
using System.Text;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>A plot as the page holds it, which may still be being drawn: whoever asks for it waits.</summary>
/// <param name="element">Of the page; ends when the plot's file is written.</param>
internal sealed class DrawnPlot(StudyPlot plot, Task<byte[]> element)
{
    public string Name => plot.Name;

    public string Section => plot.Section;

    /// <summary>The element of the page that shows it, in UTF-8.</summary>
    public byte[] Element => element.GetAwaiter().GetResult();

    /// <summary>Ends when nothing is drawn any more; never fails.</summary>
    public Task Ended => element.ContinueWith(_ => { }, TaskScheduler.Default);

    /// <summary>Throws what went wrong with it, as it would have been thrown without other threads.</summary>
    public void Wait() => _ = Element;
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
                (int width, int height) = PngBytes.Size(png);
                return Image(png, (width / 2, height / 2), "class=\"plot\" ", plot.Alternative);
            }))),
        ];
    }

    /// <summary>Returns when nothing is drawn or written any more, whatever went wrong.</summary>
    public static void End(IReadOnlyList<DrawnPlot> plots) => Task.WhenAll(plots.Select(plot => plot.Ended)).GetAwaiter().GetResult();

    /// <summary>A plot, which the page inverts where the screen is dark.</summary>
    public static void Write(Html html, DrawnPlot plot) => html.Raw($"<figure id=\"plot-{plot.Name}\">").Later(() => plot.Element)
        .Element("figcaption", $"plots/{plot.Name}.png").Raw("</figure>\n");

    /// <summary>A picture of the run that is the same in any light.</summary>
    public static void Write(Html html, byte[] png, string alternative, string caption) =>
        html.Raw("<figure>").Later(() => Image(png, PngBytes.Size(png), "", alternative)).Element("figcaption", caption).Raw("</figure>\n");

    private static byte[] Image(byte[] png, (int Width, int Height) size, string attributes, string alternative)
    {
        string head = $"<img {attributes}src=\"data:image/png;base64,";
        string tail = $"\" width=\"{size.Width}\" height=\"{size.Height}\" alt=\"{Html.Escape(alternative)}\">";
        int begin = Encoding.UTF8.GetByteCount(head), end = Encoding.UTF8.GetByteCount(tail);
        byte[] element = new byte[begin + Base64.GetMaxEncodedToUtf8Length(png.Length) + end];
        Encoding.UTF8.GetBytes(head, element);
        Base64.EncodeToUtf8(png, element.AsSpan(begin), out _, out int written);
        Encoding.UTF8.GetBytes(tail, element.AsSpan(begin + written));
        return element;
    }
}
