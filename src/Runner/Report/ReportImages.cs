using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>A plot as the page holds it.</summary>
internal sealed record DrawnPlot(string Name, string Section, string Alternative, byte[] Light, byte[] Dark);

/// <summary>The pictures of a report: drawn, saved as PNG, and put into the page as data.</summary>
internal static class ReportImages
{
    /// <summary>Draws every plot in both themes and saves the light ones as RUN/plots/NAME.png.</summary>
    public static IReadOnlyList<DrawnPlot> Draw(RunDirectory run, IReadOnlyList<StudyPlot> plots)
    {
        string folder = run.OwnFolder("plots");
        AtomicFile.CreateFolder(folder);
        PlotTheme[] themes = [PlotTheme.Light, PlotTheme.Dark];
        var pictures = new byte[plots.Count * themes.Length][];
        InParallel.Each(
            pictures.Length, Environment.ProcessorCount, i => pictures[i] = Encode(plots[i / themes.Length], themes[i % themes.Length]));
        List<DrawnPlot> drawn = [];
        for (int i = 0; i < plots.Count; i++)
        {
            byte[] light = pictures[i * themes.Length], dark = pictures[(i * themes.Length) + 1];
            AtomicFile.Write(Path.Combine(folder, plots[i].Name + ".png"), light);
            drawn.Add(new DrawnPlot(plots[i].Name, plots[i].Section, plots[i].Alternative, light, dark));
        }

        return drawn;
    }

    public static void Write(Html html, DrawnPlot plot)
    {
        (int width, int height) = PngBytes.Size(plot.Light);
        html.Raw($"<figure id=\"plot-{plot.Name}\">").Raw("<picture><source media=\"screen and (prefers-color-scheme: dark)\" srcset=\"")
            .Raw(Data(plot.Dark))
            .Raw("\"><img src=\"")
            .Raw(Data(plot.Light))
            .Raw($"\" width=\"{width / 2}\" height=\"{height / 2}\" alt=\"{Html.Escape(plot.Alternative)}\"></picture>")
            .Raw($"<figcaption>plots/{Html.Escape(plot.Name)}.png</figcaption></figure>\n");
    }

    /// <summary>A picture of the run that is the same in any light.</summary>
    public static void Write(Html html, byte[] png, string alternative, string caption)
    {
        (int width, int height) = PngBytes.Size(png);
        html.Raw("<figure><img src=\"").Raw(Data(png)).Raw($"\" width=\"{width}\" height=\"{height}\" alt=\"{Html.Escape(alternative)}\">")
            .Element("figcaption", caption).Raw("</figure>\n");
    }

    private static byte[] Encode(StudyPlot plot, PlotTheme theme)
    {
        using Figure figure = plot.Draw(theme);
        return figure.Encode();
    }

    private static string Data(byte[] png) => "data:image/png;base64," + Convert.ToBase64String(png);
}
