using GpuMlp.Engine.Files;
using GpuMlp.Runner.Pictures;
using ScottPlot;
using SkiaSharp;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// A plot as people get it: a title that says what is seen, a note that says how it was measured, one legend, and panels
/// in rows. Drawn twice as fine as its sizes say, so that it is sharp on any screen and in print. The same calls give the
/// same bytes.
/// </summary>
internal sealed class Figure : IDisposable
{
    private const int Scale = 2, Margin = 16, LegendGap = 18, Swatch = 26, LegendLine = 20;

    // Lines of few points look best in a frame that is not flat.
    private const int WidestPanel = 620;
    private const float TitleSize = 17, NoteSize = 11.5f, LegendSize = 12;

    private readonly string _title, _note;
    private readonly int _mostColumns, _usualWidth, _panelHeight;
    private readonly List<Panel> _panels = [];
    private readonly List<SeriesStyle> _legend = [];

    /// <param name="note">How it was measured; wrapped to the width. Empty for none.</param>
    /// <param name="columns">Most panels side by side, 1 or more.</param>
    /// <param name="panelWidth">
    /// In pixels before the doubling, where a row is full; where there are fewer panels they share its width, up to
    /// <see cref="WidestPanel"/>.
    /// </param>
    public Figure(string title, string note, int columns = 1, int panelWidth = 760, int panelHeight = 420)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        PlotFonts.Register();
        _title = title;
        _note = note;
        _mostColumns = columns;
        _usualWidth = panelWidth;
        _panelHeight = panelHeight;
    }

    /// <summary>Width in pixels of a page, that is before the doubling: that of its panels.</summary>
    public int Width => (Columns * PanelWidth) + (2 * Margin);

    // As many rows as are needed, each as full as the others: four panels of at most three a row stand two by two.
    private int Columns => _panels.Count == 0 ? 1 : (_panels.Count + Rows - 1) / Rows;

    private int Rows => (_panels.Count + _mostColumns - 1) / _mostColumns;

    private int PanelWidth => Math.Max(_usualWidth, Math.Min(WidestPanel, _mostColumns * _usualWidth / Columns));

    /// <summary>Adds a pair of axes, left to right and then down.</summary>
    /// <param name="title">Empty when the figure's title says it all.</param>
    /// <param name="xLabel">With its unit.</param>
    /// <param name="yLabel">With its unit.</param>
    public Panel Add(string title, string xLabel, string yLabel)
    {
        Panel panel = new(title, xLabel, yLabel, EnterLegend);
        _panels.Add(panel);
        return panel;
    }

    /// <summary>The picture as the bytes of a PNG file.</summary>
    public byte[] Encode()
    {
        List<string> title = Wrap(_title, TitleSize, bold: true);
        List<string> note = Wrap(_note, NoteSize, bold: false);
        List<List<SeriesStyle>> legend = LegendRows();
        int top = Margin + (title.Count * 24) + (note.Count * 16) + (legend.Count * LegendLine) + 10;
        int height = top + (Rows * _panelHeight) + Margin;
        using SKSurface surface = SKSurface.Create(
            new SKImageInfo(Width * Scale, height * Scale, SKColorType.Rgba8888, SKAlphaType.Opaque));
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(Skia(PlotTheme.Background));
        canvas.Scale(Scale);
        int y = Margin;
        foreach (string line in title)
            Text(canvas, line, Margin, (y += 24) - 6, TitleSize, bold: true, PlotTheme.Text);
        foreach (string line in note)
            Text(canvas, line, Margin, (y += 16) - 3, NoteSize, bold: false, PlotTheme.Muted);
        y += 4;
        foreach (List<SeriesStyle> row in legend)
            DrawLegend(canvas, row, y += LegendLine);
        for (int i = 0; i < _panels.Count; i++)
        {
            float left = Margin + (i % Columns * PanelWidth), upper = top + (i / Columns * _panelHeight);
            _panels[i].Plot.Render(canvas, new PixelRect(left, left + PanelWidth, upper + _panelHeight, upper));
        }

        canvas.Flush();
        using SKPixmap pixels = surface.PeekPixels();
        return PngBytes.Encode(pixels.Width, pixels.Height, pixels.GetPixelSpan(), pixels.RowBytes);
    }

    /// <summary>Writes the file under a temporary name and renames it.</summary>
    /// <exception cref="Engine.UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void Save(string path) => AtomicFile.Write(path, Encode());

    public void Dispose()
    {
        foreach (Panel panel in _panels)
            panel.Plot.Dispose();
    }

    private void EnterLegend(SeriesStyle style)
    {
        if (style.Name.Length > 0 && !_legend.Exists(entry => entry.Name == style.Name))
            _legend.Add(style);
    }

    private List<List<SeriesStyle>> LegendRows()
    {
        List<List<SeriesStyle>> rows = [];
        int used = 0;
        foreach (SeriesStyle style in _legend)
        {
            int width = EntryWidth(style);
            if (rows.Count == 0 || used + width > Width - (2 * Margin))
            {
                rows.Add([]);
                used = 0;
            }

            rows[^1].Add(style);
            used += width;
        }

        return rows;
    }

    private static int EntryWidth(SeriesStyle style) => Swatch + 6 + Measure(style.Name, LegendSize, bold: false) + LegendGap;

    private static void DrawLegend(SKCanvas canvas, List<SeriesStyle> row, int baseline)
    {
        int x = Margin;
        using Paint paint = Paint.NewDisposablePaint();
        foreach (SeriesStyle style in row)
        {
            float middle = baseline - 4;
            if (style.Line is { } pattern)
                new LineStyle(style.Width, style.Color, pattern).Render(canvas, new PixelLine(x, middle, x + Swatch, middle), paint);
            if (style.Marker != MarkerShape.None)
            {
                new MarkerStyle(style.Marker, style.MarkerSize, style.Color) { LineWidth = 1.6f }.Render(
                    canvas,
                    new Pixel(x + (Swatch / 2f), middle),
                    paint);
            }

            Text(canvas, style.Name, x + Swatch + 6, baseline, LegendSize, bold: false, PlotTheme.Text);
            x += EntryWidth(style);
        }
    }

    private List<string> Wrap(string text, float size, bool bold)
    {
        List<string> lines = [];
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string longer = lines.Count == 0 ? word : $"{lines[^1]} {word}";
            if (lines.Count > 0 && Measure(longer, size, bold) <= Width - (2 * Margin))
                lines[^1] = longer;
            else
                lines.Add(word);
        }

        return lines;
    }

    private static void Text(SKCanvas canvas, string text, float x, float baseline, float size, bool bold, Color color)
    {
        using SKFont font = Font(size, bold);
        using SKPaint paint = new() { Color = Skia(color), IsAntialias = true };
        canvas.DrawText(text, x, baseline, SKTextAlign.Left, font, paint);
    }

    /// <summary>Width in pixels, rounded up.</summary>
    private static int Measure(string text, float size, bool bold)
    {
        using SKFont font = Font(size, bold);
        return (int)MathF.Ceiling(font.MeasureText(text));
    }

    private static SKFont Font(float size, bool bold) =>
        new(EmbeddedFont.Get(bold), size) { Edging = SKFontEdging.Antialias, Hinting = SKFontHinting.None, Subpixel = true };

    private static SKColor Skia(Color color) => new(color.R, color.G, color.B);
}
