using ScottPlot;
using SkiaSharp;

namespace GpuMlp.Runner.Plots;

/// <summary>Gives the plot library our embedded font, whatever fonts the machine has.</summary>
internal sealed class PlotFonts : IFontResolver
{
    private static readonly Lazy<bool> s_registered = new(() =>
    {
        // First in the list: a DejaVu of the machine may be another version with other widths.
        Fonts.FontResolvers.Insert(0, new PlotFonts());
        Fonts.Default = EmbeddedFont.Name;
        return true;
    });

    /// <summary>Once a process; later calls do nothing.</summary>
    public static void Register() => _ = s_registered.Value;

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        CreateTypeface(fontName, weight >= FontWeight.SemiBold, italic: false);

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        fontName == EmbeddedFont.Name ? EmbeddedFont.Get(bold) : null;
}
