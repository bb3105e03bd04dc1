using System.Buffers.Binary;
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
    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

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
        (int width, int height) = Size(plot.Light);
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
        (int width, int height) = Size(png);
        html.Raw("<figure><img src=\"").Raw(Data(png)).Raw($"\" width=\"{width}\" height=\"{height}\" alt=\"{Html.Escape(alternative)}\">")
            .Element("figcaption", caption).Raw("</figure>\n");
    }

    /// <summary>From the header of a PNG file.</summary>
    /// <exception cref="InvalidDataException">It is no PNG.</exception>
    public static (int Width, int Height) Size(ReadOnlySpan<byte> png)
    {
        return png.Length >= 24 && png.StartsWith(Signature)
            ? (BinaryPrimitives.ReadInt32BigEndian(png[16..]), BinaryPrimitives.ReadInt32BigEndian(png[20..]))
            : throw new InvalidDataException("not a PNG file");
    }

    /// <summary>Whether a file is a PNG from its first chunk to its last, each with the checksum that it tells.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> png)
    {
        const int Frame = 12;
        ReadOnlySpan<byte> rest = png.StartsWith(Signature) ? png[Signature.Length..] : [];
        for (bool first = true; rest.Length >= Frame; first = false)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            ReadOnlySpan<byte> type = rest[4..8];
            if (length > rest.Length - Frame || first != type.SequenceEqual("IHDR"u8) || (first && length != 13))
                return false;
            int end = 8 + (int)length;
            if (Checksum(rest[4..end]) != BinaryPrimitives.ReadUInt32BigEndian(rest[end..]))
                return false;
            rest = rest[(end + 4)..];
            if (type.SequenceEqual("IEND"u8))
                return rest.IsEmpty;
        }

        return false;
    }

    // CRC-32 as PNG has it (W3C, annex D), bit by bit: a page's pictures take milliseconds.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        const uint Polynomial = 0xEDB88320;
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
        }

        return ~crc;
    }

    private static byte[] Encode(StudyPlot plot, PlotTheme theme)
    {
        using Figure figure = plot.Draw(theme);
        return figure.Encode();
    }

    private static string Data(byte[] png) => "data:image/png;base64," + Convert.ToBase64String(png);
}
