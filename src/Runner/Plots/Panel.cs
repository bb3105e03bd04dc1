using GpuMlp.Runner.Pictures;
using ScottPlot;
using ScottPlot.Plottables;
using ScottPlot.TickGenerators;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// One pair of axes of a <see cref="Figure"/>. Values that are not finite leave a gap. Every series with a name is entered
/// into the figure's legend once.
/// </summary>
internal sealed class Panel
{
    private readonly Action<SeriesStyle> _legend;
    private Func<double, double> _x = x => x, _y = y => y;

    public Panel(string title, string xLabel, string yLabel, Action<SeriesStyle> legend)
    {
        _legend = legend;
        // Panels share a canvas.
        Plot.RenderManager.ClearCanvasBeforeEachRender = false;
        Plot.FigureBackground.Color = PlotTheme.Background;
        Plot.DataBackground.Color = PlotTheme.Background;
        Plot.Axes.Color(PlotTheme.Muted);
        Plot.Grid.MajorLineColor = PlotTheme.Grid;
        Plot.Axes.Top.FrameLineStyle.Width = 0;
        Plot.Axes.Right.FrameLineStyle.Width = 0;
        Plot.Axes.Right.MinimumSize = 12;
        Style(Plot.Axes.Title.Label, title, 13, bold: true, PlotTheme.Text);
        Plot.Axes.Title.IsVisible = title.Length > 0;
        Style(Plot.Axes.Bottom.Label, xLabel, 12, bold: false, PlotTheme.Text);
        Style(Plot.Axes.Left.Label, yLabel, 12, bold: false, PlotTheme.Text);
        foreach (IAxis axis in new IAxis[] { Plot.Axes.Bottom, Plot.Axes.Left })
        {
            axis.MinorTickStyle.Length = 0;
            axis.TickLabelStyle.FontSize = 11;
            axis.TickLabelStyle.FontName = EmbeddedFont.Name;
            axis.TickLabelStyle.ForeColor = PlotTheme.Muted;
        }
    }

    public Plot Plot { get; } = new();

    /// <summary>Call before adding data: x is drawn by its logarithm, with a tick at each of <paramref name="ticks"/>.</summary>
    public void LogX(IEnumerable<double> ticks, Func<double, string>? label = null) => MapX(Math.Log10, ticks, label);

    /// <inheritdoc cref="LogX"/>
    public void LogY(IEnumerable<double> ticks, Func<double, string>? label = null)
    {
        _y = Math.Log10;
        YTicks(ticks, label);
    }

    /// <summary>Call before adding data: x is drawn at <paramref name="place"/>, for axes that are broken or stretched.</summary>
    public void MapX(Func<double, double> place, IEnumerable<double> ticks, Func<double, string>? label = null)
    {
        _x = place;
        XTicks(ticks, label);
    }

    /// <summary>A labelled tick at each value.</summary>
    public void XTicks(IEnumerable<double> ticks, Func<double, string>? label = null) =>
        Plot.Axes.Bottom.TickGenerator = Manual(ticks, X, label);

    /// <inheritdoc cref="XTicks"/>
    public void YTicks(IEnumerable<double> ticks, Func<double, string>? label = null) =>
        Plot.Axes.Left.TickGenerator = Manual(ticks, Y, label);

    public void XRange(double low, double high) => Plot.Axes.SetLimitsX(X(low), X(high));

    public void YRange(double low, double high) => Plot.Axes.SetLimitsY(Y(low), Y(high));

    /// <summary>A line with marks; with <paramref name="low"/> and <paramref name="high"/> a band of the spread behind it.</summary>
    public void Series(
        SeriesStyle style,
        IReadOnlyList<double> xs,
        IReadOnlyList<double> ys,
        IReadOnlyList<double>? low = null,
        IReadOnlyList<double>? high = null)
    {
        if (low is not null && high is not null)
            Band(style, xs, low, high);
        double[] placesX = [.. xs.Select(X)], placesY = [.. ys.Select(Y)];
        Scatter scatter = Plot.Add.Scatter(placesX, placesY, style.Color);
        scatter.LineWidth = style.Line is null ? 0 : style.Width;
        scatter.LinePattern = style.Line ?? LinePattern.Solid;
        scatter.MarkerShape = style.Marker;
        scatter.MarkerSize = style.Marker == MarkerShape.None ? 0 : style.MarkerSize;
        scatter.MarkerLineWidth = 1.6f;
        _legend(style);
    }

    /// <summary>A bar from low to high at each point, with the mark of the style between.</summary>
    public void Bars(
        SeriesStyle style,
        IReadOnlyList<double> xs,
        IReadOnlyList<double> ys,
        IReadOnlyList<double> low,
        IReadOnlyList<double> high)
    {
        for (int i = 0; i < xs.Count; i++)
        {
            if (double.IsFinite(low[i]) && double.IsFinite(high[i]))
            {
                LinePlot bar = Plot.Add.Line(X(xs[i]), Y(low[i]), X(xs[i]), Y(high[i]));
                bar.LineColor = style.Color;
                bar.LineWidth = 1.3f;
                bar.MarkerSize = 0;
            }
        }

        Series(style, xs, ys);
    }

    /// <summary>A level line over the whole width.</summary>
    public void Level(SeriesStyle style, double y)
    {
        HorizontalLine line = Plot.Add.HorizontalLine(Y(y), style.Width, style.Color, style.Line ?? LinePattern.Dotted);
        line.LabelOppositeAxis = false;
        _legend(style);
    }

    /// <summary>An upright line over the whole height.</summary>
    public void Upright(SeriesStyle style, double x)
    {
        Plot.Add.VerticalLine(X(x), style.Width, style.Color, style.Line ?? LinePattern.Dotted);
        _legend(style);
    }

    /// <summary>Where a broken axis is broken, in places and not in values; has no name in the legend.</summary>
    public void Break(double place) => Plot.Add.VerticalLine(place, 1, PlotTheme.Muted, LinePattern.DenselyDashed);

    /// <summary>One line of text beside a point.</summary>
    public void Note(
        string text,
        double x,
        double y,
        Color? color = null,
        Alignment alignment = Alignment.LowerLeft,
        float size = 11,
        bool bold = false)
    {
        Text note = Plot.Add.Text(text, X(x), Y(y));
        note.LabelFontName = EmbeddedFont.Name;
        note.LabelFontSize = size;
        note.LabelBold = bold;
        note.LabelFontColor = color ?? PlotTheme.Muted;
        note.LabelAlignment = alignment;
    }

    /// <summary>
    /// A heat map: one coloured cell with its text for each value, the first row on top; NaN is left empty. Replaces both
    /// axes by the names of rows and columns; of many every few has one.
    /// </summary>
    /// <param name="share">Where a value stands on the colour scale, 0..1.</param>
    /// <param name="text">Of a row and column; empty for none.</param>
    public void Cells(
        double[,] values,
        IReadOnlyList<string> rows,
        IReadOnlyList<string> columns,
        Func<double, double> share,
        Func<int, int, string> text)
    {
        const int MostTicks = 32;
        bool isFine = Math.Max(rows.Count, columns.Count) > MostTicks;
        for (int row = 0; row < rows.Count; row++)
        {
            for (int column = 0; column < columns.Count; column++)
            {
                double value = values[row, column];
                if (double.IsNaN(value))
                    continue;
                Color color = PlotTheme.Sequential(share(value));
                Rectangle cell = Plot.Add.Rectangle(column - 0.5, column + 0.5, -row - 0.5, -row + 0.5);
                cell.FillColor = color;
                cell.LineColor = PlotTheme.Background;
                cell.LineWidth = isFine ? 0 : 1.5f;
                bool bright = (0.299 * color.R) + (0.587 * color.G) + (0.114 * color.B) > 140;
                if (text(row, column) is { Length: > 0 } words)
                    Note(words, column, -row, bright ? Colors.Black : Colors.White, Alignment.MiddleCenter, size: 10.5f);
            }
        }

        XTicks(Named(columns), i => columns[(int)i]);
        YTicks(Named(rows).Select(i => -i), i => rows[(int)-i]);
        Plot.Axes.SetLimits(-0.5, columns.Count - 0.5, 0.5 - rows.Count, 0.5);
        Plot.HideGrid();

        IEnumerable<double> Named(IReadOnlyList<string> names) => Enumerable.Range(0, names.Count)
            .Where(i => i % ((names.Count + MostTicks - 1) / MostTicks) == 0).Select(i => (double)i);
    }

    /// <summary>Room for data that touch an axis: shares of the span.</summary>
    public void Margins(double horizontal, double vertical) => Plot.Axes.Margins(horizontal, vertical);

    private void Band(SeriesStyle style, IReadOnlyList<double> xs, IReadOnlyList<double> low, IReadOnlyList<double> high)
    {
        int[] whole = [.. Enumerable.Range(0, xs.Count).Where(i => double.IsFinite(low[i]) && double.IsFinite(high[i]))];
        if (whole.Length < 2)
            return;
        double[] places = [.. whole.Select(i => X(xs[i]))], lower = [.. whole.Select(i => Y(low[i]))], upper = [.. whole.Select(
            i => Y(high[i]))];
        FillY band = Plot.Add.FillY(places, lower, upper);
        band.FillColor = style.Color.WithAlpha(0.16);
        band.LineWidth = 0;
        band.MarkerSize = 0;
    }

    private double X(double x) => _x(x);

    private double Y(double y) => _y(y);

    private static NumericManual Manual(IEnumerable<double> ticks, Func<double, double> place, Func<double, string>? label)
    {
        NumericManual generator = new();
        foreach (double tick in ticks)
            generator.AddMajor(place(tick), label is null ? NumberText.Number(tick) : label(tick));
        return generator;
    }

    private static void Style(LabelStyle label, string text, float size, bool bold, Color color)
    {
        label.Text = text;
        label.IsVisible = text.Length > 0;
        label.FontName = EmbeddedFont.Name;
        label.FontSize = size;
        label.Bold = bold;
        label.ForeColor = color;
    }
}
