using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>A plot as the page holds it.</summary>
internal sealed record DrawnPlot(string Name, string Section, string Alternative, byte[] Light, byte[] Dark);

/// <summary>The pictures of a report: drawn, saved as PNG, and put into the page as data.</summary>
internal static class ReportImages
{
    /// <summary>Draws every plot in both themes and saves the light ones as RUN/plots/NAME.png; old plots that are no more go.</summary>
    public static IReadOnlyList<DrawnPlot> Draw(RunDirectory run, IReadOnlyList<StudyPlot> plots)
    {
        string folder = run.OwnFolder("plots");
        AtomicFile.CreateFolder(folder);
        List<DrawnPlot> drawn = [];
        foreach (StudyPlot plot in plots)
        {
            byte[] light = Encode(plot, PlotTheme.Light);
            AtomicFile.Write(Path.Combine(folder, plot.Name + ".png"), light);
            drawn.Add(new DrawnPlot(plot.Name, plot.Section, plot.Alternative, light, Encode(plot, PlotTheme.Dark)));
        }

        return drawn;
    }

    public static void Write(Html html, DrawnPlot plot)
    {
        (int width, int height) = Size(plot.Light);
        html.Raw($"<figure id=\"plot-{plot.Name}\">").Raw("<picture><source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"").Raw(Data(plot.Dark))
            .Raw("\"><img src=\"").Raw(Data(plot.Light)).Raw($"\" width=\"{width / 2}\" height=\"{height / 2}\" alt=\"{Html.Escape(plot.Alternative)}\"></picture>")
            .Raw($"<figcaption>plots/{Html.Escape(plot.Name)}.png</figcaption></figure>\n");
    }

    /// <summary>A picture of the run that is the same in any light.</summary>
    public static void Write(Html html, byte[] png, string alternative, string caption)
    {
        (int width, int height) = Size(png);
        html.Raw("<figure><img src=\"").Raw(Data(png)).Raw($"\" width=\"{width}\" height=\"{height}\" alt=\"{Html.Escape(alternative)}\">")
            .Element("figcaption", caption).Raw("</figure>\n");
    }

    /// <summary>From the header of a PNG file.</summary>
    /// <exception cref="InvalidDataException">It is no PNG.</exception>
    public static (int Width, int Height) Size(ReadOnlySpan<byte> png)
    {
        ReadOnlySpan<byte> signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];
        return png.Length >= 24 && png.StartsWith(signature)
            ? (System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png[16..]), System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png[20..]))
            : throw new InvalidDataException("not a PNG file");
    }

    private static byte[] Encode(StudyPlot plot, PlotTheme theme)
    {
        using Figure figure = plot.Draw(theme);
        return figure.Encode();
    }

    private static string Data(byte[] png) => "data:image/png;base64," + Convert.ToBase64String(png);
}
