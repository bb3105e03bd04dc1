using System.Globalization;
using System.Text.RegularExpressions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;
using Xunit;

namespace GpuMlp.Runner.Tests.Plots;

/// <summary>What every plot shares: same bytes, text in the embedded font, series that can be told apart.</summary>
public sealed partial class FigureTests
{
    [Fact]
    public void A_pruning_method_looks_like_no_other()
    {
        SeriesStyle[] styles = [.. PruneMethod.All.Select(method => PlotTheme.Method(method.Name))];
        Assert.Equal(styles.Length, styles.Select(style => style.Color).Distinct().Count());
        Assert.Equal(styles.Length, styles.Select(style => style.Marker).Distinct().Count());
    }

    [Fact]
    public void The_same_calls_give_the_same_bytes() => Assert.Equal(Draw(), Draw());

    [Fact]
    public void A_figure_is_drawn_at_twice_its_size_with_its_background_in_the_corner()
    {
        Rgb[,] picture = PngDecoder.Decode(Draw());
        Assert.Equal(2 * ((2 * 300) + 32), picture.GetLength(1));
        Assert.Equal(new Rgb(PlotTheme.Background.R, PlotTheme.Background.G, PlotTheme.Background.B), picture[0, 0]);
    }

    [Theory]
    [InlineData(1, 620, 1)]
    [InlineData(2, 570, 1)]
    [InlineData(3, 380, 1)]
    [InlineData(4, 570, 2)]
    [InlineData(5, 380, 2)]
    [InlineData(7, 380, 3)]
    public void A_figure_is_as_wide_as_its_panels_and_its_rows_are_as_full_as_each_other(int panels, int width, int rows)
    {
        using Figure figure = new("", "", 3, 380, 200);
        for (int i = 0; i < panels; i++)
            figure.Add("", "x", "y");
        int columns = (panels + rows - 1) / rows;
        Assert.Equal((columns * width) + 32, figure.Width);
        Assert.InRange(PngBytes.Size(figure.Encode()).Height / 2, rows * 200, (rows * 200) + 60);
    }

    [Theory]
    [InlineData(new[] { 0.5, 0.9 }, "50 90", "")]
    [InlineData(new[] { 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.8, 0.9, 0.95, 0.99 }, "10 20 30 40 50 80 95", "99")]
    [InlineData(new[] { 0.001, 0.0095, 0.5, 0.95, 0.99 }, "0.1 0.95 50 95", "99")]
    public void Levels_of_pruning_have_numbers_at_the_axis_99_percent_too(double[] levels, string first, string second)
    {
        using Figure figure = new("", "");
        Panel panel = figure.Add("", "x", "y");
        new SparsityAxis(levels).Apply(panel);
        panel.Plot.Axes.Bottom.TickGenerator.Regenerate(
            new(0, 1), ScottPlot.Edge.Bottom, new(500), ScottPlot.Paint.NewDisposablePaint(), new());
        string[] labels = [.. panel.Plot.Axes.Bottom.TickGenerator.Ticks.Select(tick => tick.Label)];
        Assert.Equal(first, string.Join(' ', labels.Where(label => !label.StartsWith('\n'))));
        Assert.Equal(second, string.Join(' ', labels.Where(label => label.StartsWith('\n')).Select(label => label.Trim())));
    }

    [Fact]
    public void Every_series_shows_its_colour_in_the_plot_and_in_the_legend()
    {
        Rgb[,] picture = PngDecoder.Decode(Draw());
        foreach (SeriesStyle style in new[] { PlotTheme.Series(0, "a"), PlotTheme.Series(1, "b") })
        {
            var color = new Rgb(style.Color.R, style.Color.G, style.Color.B);
            int[] rows = [.. Enumerable.Range(0, picture.GetLength(0))
                .Where(y => Enumerable.Range(0, picture.GetLength(1)).Any(x => picture[y, x] == color))];
            Assert.InRange(rows.Min(), 0, 200);
            Assert.InRange(rows.Max(), 200, picture.GetLength(0));
        }
    }

    [Fact]
    public void Title_note_axes_and_ticks_have_text_without_any_font_on_the_machine()
    {
        // The regular font alone draws the notes: more ink with text than without, in every region that has some.
        int with = Ink(Draw()), without = Ink(Draw(text: false));
        Assert.True(with > without + 2000, $"{with} dark pixels with text, {without} without");
    }

    [Fact]
    public void Gaps_and_an_empty_panel_are_drawn_without_complaint()
    {
        using Figure figure = new("gaps", "", 2, 300, 200);
        figure.Add("none", "x", "y");
        figure.Add("some", "x", "y")
            .Series(PlotTheme.Series(0, "s"), [1, 2, 3], [double.NaN, 1, double.NaN], [0, double.NaN, 0], [1, 1, double.NaN]);
        Assert.NotEmpty(figure.Encode());
    }

    [Fact]
    public void Series_colours_differ_from_each_other_and_from_their_background_on_dark_screens_too()
    {
        ScottPlot.Color[] colours = [.. Enumerable.Range(0, 7).Select(i => PlotTheme.Series(i, "").Color)];
        Assert.Equal(7, colours.Distinct().Count());
        Assert.All(colours, colour => Assert.True(Contrast(colour, PlotTheme.Background) > 2, $"{colour}"));

        using StreamReader css = new(typeof(PlotTheme).Assembly.GetManifestResourceStream("GpuMlp.Runner.Report.report.css")!);
        Match filter = Filter().Match(css.ReadToEnd());
        ScottPlot.Color[] dark = [.. colours.Select(colour => Filtered(colour, filter))];
        Assert.Equal(7, dark.Distinct().Count());
        ScottPlot.Color ground = Filtered(PlotTheme.Background, filter);
        Assert.All([ground.R, ground.G, ground.B], level => Assert.InRange(level, 15, 30));
        Assert.All(dark, colour => Assert.True(Contrast(colour, ground) > 3, $"{colour}"));
        Assert.True(Contrast(Filtered(PlotTheme.Text, filter), ground) > 7);
    }

    [Theory]
    [InlineData(0.0095, "0.95")]
    [InlineData(0.95, "95")]
    [InlineData(0.001, "0.1")]
    [InlineData(1, "100")]
    public void Percentages_have_the_digits_they_need(double share, string text) => Assert.Equal(text, NumberText.Percent(share));

    private static byte[] Draw(bool text = true)
    {
        string Say(string words) => text ? words : "";
        using Figure figure = new(Say("Title of the figure"), Say("A note that says how it was measured."), 2, 300, 200);
        Panel first = figure.Add(Say("left"), Say("sigma (share of the range)"), Say("F1"));
        first.Series(PlotTheme.Series(0, "a"), [0, 1, 2], [0.1, 0.5, 0.6], [0, 0.4, 0.5], [0.2, 0.6, 0.7]);
        Panel second = figure.Add(Say("right"), Say("rate"), Say("F1"));
        second.LogX([0.001, 0.01, 0.1]);
        second.Bars(PlotTheme.Series(1, "b"), [0.001, 0.01, 0.1], [0.2, 0.3, 0.4], [0.1, 0.2, 0.3], [0.3, 0.4, 0.5]);
        return figure.Encode();
    }

    private static int Ink(byte[] png) => PngDecoder.Decode(png).Cast<Rgb>().Count(pixel => pixel.R + pixel.G + pixel.B < 3 * 160);

    /// <summary>A colour through the page's filter (Filter Effects Module Level 1, 13.1: the matrices behind the short names).</summary>
    private static ScottPlot.Color Filtered(ScottPlot.Color color, Match filter)
    {
        double[] amounts = [.. filter.Groups.Values.Skip(1).Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture))];
        double[] rgb = [color.R / 255.0, color.G / 255.0, color.B / 255.0];
        for (int i = 0; i < 3; i++)
            rgb[i] = amounts[0] + (rgb[i] * (1 - (2 * amounts[0])));

        // Half a turn of hue is the distance from grey, turned round; saturation is that distance, stretched.
        foreach (double stretch in (double[])[-1, amounts[1]])
        {
            double grey = (0.213 * rgb[0]) + (0.715 * rgb[1]) + (0.072 * rgb[2]);
            for (int i = 0; i < 3; i++)
                rgb[i] = Math.Clamp(grey + (stretch * (rgb[i] - grey)), 0, 1);
        }

        return new((byte)(255 * rgb[0]), (byte)(255 * rgb[1]), (byte)(255 * rgb[2]));
    }

    [GeneratedRegex(@"img\.plot \{ filter: invert\(([.0-9]+)\) hue-rotate\(180deg\) saturate\(([.0-9]+)\)")]
    private static partial Regex Filter();

    private static double Contrast(ScottPlot.Color a, ScottPlot.Color b)
    {
        static double Luminance(ScottPlot.Color c)
        {
            static double Linear(byte v) => v / 255.0 <= 0.04045 ? v / 255.0 / 12.92 : Math.Pow(((v / 255.0) + 0.055) / 1.055, 2.4);
            return (0.2126 * Linear(c.R)) + (0.7152 * Linear(c.G)) + (0.0722 * Linear(c.B));
        }

        (double low, double high) = (Math.Min(Luminance(a), Luminance(b)), Math.Max(Luminance(a), Luminance(b)));
        return (high + 0.05) / (low + 0.05);
    }
}
