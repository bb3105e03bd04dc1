using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Runner.Pictures;
using ScottPlot;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// The colours of a plot: dark on white, for files, pages and print. Where a reader's screen is dark, the page inverts them and keeps their
/// hues (<c>img.plot</c> in report.css).
/// </summary>
internal static class PlotTheme
{
    // Of the scale: nearer to its ends nothing is told from the text, or from white.
    private const double Darkest = 0.05, Brightest = 0.85;

    private static readonly MarkerShape[] s_markers =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown, MarkerShape.OpenCircle, MarkerShape.OpenSquare, MarkerShape.OpenTriangleUp,
    ];

    /// <summary>
    /// The eight colours of Okabe and Ito (Color Universal Design, 2008), which stay apart with every common colour blindness; yellow, too
    /// faint on white, is left out.
    /// </summary>
    private static readonly Color[] s_series =
        [.. new[] { "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000" }.Select(Color.FromHex)];

    public static Color Background { get; } = Color.FromHex("#ffffff");

    public static Color Text { get; } = Color.FromHex("#1b1f24");

    /// <summary>Notes, ticks, frames.</summary>
    public static Color Muted { get; } = Color.FromHex("#59636e");

    public static Color Grid { get; } = Color.FromHex("#e4e8ec");

    /// <summary>The look of the <paramref name="index"/>-th of a few kinds; colours come again after seven, markers after eight.</summary>
    public static SeriesStyle Series(int index, string name) =>
        new(name, s_series[index % s_series.Length], s_markers[index % s_markers.Length], LinePattern.Solid);

    /// <summary>The look of a pruning method: the same in every plot, whichever others there are.</summary>
    public static SeriesStyle Method(string name) =>
        Series(PruneMethod.All.TakeWhile(method => method.Name != name).Count(), name);

    /// <summary>
    /// The look of the <paramref name="index"/>-th of <paramref name="count"/> things in an order, as sizes: from dark to bright.
    /// </summary>
    public static SeriesStyle Ordered(int index, int count, string name) =>
        new(name, Sequential(count == 1 ? 0.5 : index / (count - 1.0)), s_markers[index % s_markers.Length], LinePattern.Solid);

    /// <summary>What the published study printed: hollow marks without a line, in the colour of text.</summary>
    public static SeriesStyle Study(string name) => new(name, Text, MarkerShape.OpenCircle, null, MarkerSize: 9);

    /// <summary>A bound or floor to compare with: a dotted line in the colour of notes.</summary>
    public static SeriesStyle Reference(string name) => new(name, Muted, MarkerShape.None, LinePattern.Dotted, 1.6f);

    /// <param name="share">0..1, clamped.</param>
    public static Color Sequential(double share) =>
        Of(ColorMap.Sequential.At(Darkest + (Math.Clamp(share, 0, 1) * (Brightest - Darkest))));

    public static Color Of(Rgb rgb) => new(rgb.R, rgb.G, rgb.B);
}
