using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Runner.Pictures;
using ScottPlot;

namespace GpuMlp.Runner.Plots;

/// <summary>The colours of a plot: on paper, or in the report of a reader whose screen is dark.</summary>
internal sealed class PlotTheme
{
    private static readonly MarkerShape[] s_markers =
    [
        MarkerShape.FilledCircle, MarkerShape.FilledSquare, MarkerShape.FilledTriangleUp, MarkerShape.FilledDiamond,
        MarkerShape.FilledTriangleDown, MarkerShape.OpenCircle, MarkerShape.OpenSquare, MarkerShape.OpenTriangleUp,
    ];

    private readonly Color[] _series;
    private readonly (double From, double To) _ordered;

    private PlotTheme(
        string name,
        string background,
        string text,
        string muted,
        string grid,
        string[] series,
        (double From, double To) ordered)
    {
        Name = name;
        Background = Color.FromHex(background);
        Text = Color.FromHex(text);
        Muted = Color.FromHex(muted);
        Grid = Color.FromHex(grid);
        _series = [.. series.Select(Color.FromHex)];
        _ordered = ordered;
    }

    /// <summary>
    /// Dark on white, for files and print. Series: the eight colours of Okabe and Ito (Color Universal Design, 2008), which
    /// stay apart with every common colour blindness; yellow, too faint on white, is left out.
    /// </summary>
    public static PlotTheme Light { get; } = new(
        "light", "#ffffff", "#1b1f24", "#59636e", "#e4e8ec",
        ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"], (0.05, 0.85));

    /// <summary>Light on the report's dark ground: the same hues, lighter.</summary>
    public static PlotTheme Dark { get; } = new(
        "dark", "#15191e", "#e6eaee", "#9aa5b1", "#2b323a",
        ["#4ba6e0", "#ff8a3d", "#2fc79a", "#e6a1c8", "#f0c03c", "#a3d8f7", "#ffffff"], (0.3, 1.0));

    public static IReadOnlyList<PlotTheme> All { get; } = [Light, Dark];

    public string Name { get; }

    public Color Background { get; }

    public Color Text { get; }

    /// <summary>Notes, ticks, frames.</summary>
    public Color Muted { get; }

    public Color Grid { get; }

    /// <summary>The look of the <paramref name="index"/>-th of a few kinds; colours come again after seven, markers after eight.</summary>
    public SeriesStyle Series(int index, string name) =>
        new(name, _series[index % _series.Length], s_markers[index % s_markers.Length], LinePattern.Solid);

    /// <summary>The look of a pruning method: the same in every plot, whichever others there are.</summary>
    public SeriesStyle Method(string name) =>
        Series(PruneMethod.All.TakeWhile(method => method.Name != name).Count(), name);

    /// <summary>
    /// The look of the <paramref name="index"/>-th of <paramref name="count"/> things in an order, as sizes: from dark to bright.
    /// </summary>
    public SeriesStyle Ordered(int index, int count, string name) =>
        new(name, Sequential(count == 1 ? 0.5 : index / (count - 1.0)), s_markers[index % s_markers.Length], LinePattern.Solid);

    /// <summary>What the published study printed: hollow marks without a line, in the colour of text.</summary>
    public SeriesStyle Study(string name) => new(name, Text, MarkerShape.OpenCircle, null, MarkerSize: 9);

    /// <summary>A bound or floor to compare with: a dotted line in the colour of notes.</summary>
    public SeriesStyle Reference(string name) => new(name, Muted, MarkerShape.None, LinePattern.Dotted, 1.6f);

    /// <param name="share">0..1, clamped.</param>
    public Color Sequential(double share) =>
        Of(ColorMap.Sequential.At(_ordered.From + (Math.Clamp(share, 0, 1) * (_ordered.To - _ordered.From))));

    public static Color Of(Rgb rgb) => new(rgb.R, rgb.G, rgb.B);
}
