using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Report;

/// <summary>The part of the page with the run's own saliency pictures; what else lies in their folder is not looked at.</summary>
internal static class SheetSection
{
    // Beyond these a page is slow to open; the folder has the rest.
    private const int MostSheets = 16;
    private const long MostBytes = 1 << 20;

    /// <summary>Writes nothing for a run that makes no pictures.</summary>
    public static void Write(Html html, RunDirectory run)
    {
        string[] names = [.. RunPictures.Names(run.Plan).Order(StringComparer.Ordinal)];
        if (names.Length == 0)
            return;
        string[] there = [.. names.Where(name => File.Exists(RunPictures.PathOf(run, name)))];
        List<string> missing = [.. names.Except(there)];
        List<(string Name, byte[] Png)> shown = [];
        long bytes = 0;
        foreach (string name in Evenly.Of(there, MostSheets))
        {
            if (Read(RunPictures.PathOf(run, name)) is not { } png)
                missing.Add(name);
            else if ((bytes += png.Length) <= MostBytes)
                shown.Add((name, png));
        }

        html.Element("h3", "Saliency maps");
        int others = names.Length - missing.Count - shown.Count;
        if (others > 0)
            Muted(html, $"{shown.Count} of {others + shown.Count} pictures; the others are in the run's folder {RunPictures.Folder}.");
        if (missing.Count > 0)
        {
            const int MostNamed = 6;
            string more = missing.Count > MostNamed ? $" and {missing.Count - MostNamed} more" : "";
            Muted(
                html,
                $"Not there, or damaged: {string.Join(", ", missing.Take(MostNamed))}{more}. "
                + "gpumlp merge draws them again where the data are at hand and the models have not failed.");
        }

        html.Raw("<div class=\"sheets\">\n");
        foreach ((string name, byte[] png) in shown)
            ReportImages.Write(html, png, $"Saliency maps {Path.GetFileNameWithoutExtension(name)}", $"{RunPictures.Folder}/{name}");
        html.Raw("</div>\n");
    }

    private static void Muted(Html html, string text) => html.Element("p", text, "class=\"muted\"");

    /// <summary>Null for a file that is not a whole PNG or cannot be read.</summary>
    private static byte[]? Read(string path)
    {
        try
        {
            // A pipe has no length either, and is not opened.
            byte[]? png = new FileInfo(path).Length is > 0 and <= MostBytes ? File.ReadAllBytes(path) : null;
            return png is not null && PngBytes.IsWhole(png) ? png : null;
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            return null;
        }
    }
}
