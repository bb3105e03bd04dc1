using System.Globalization;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Runner.Pictures;

/// <summary>One tile: an image, or a map of it.</summary>
/// <param name="Pixels">Grey levels, for an image.</param>
/// <param name="Map">Unscaled values, for a map; NaN is drawn grey.</param>
/// <param name="Caption">Under it; of a map its largest magnitude is added, which is the end of its colours.</param>
internal sealed record SheetTile(byte[]? Pixels, float[]? Map, string Caption);

/// <summary>A row of tiles with what stands left of it, one or more lines.</summary>
internal sealed record SheetRow(string Head, IReadOnlyList<SheetTile> Tiles);

/// <summary>
/// A table of images and saliency maps. Each map has a scale of its own, because pruning changes magnitudes by orders; one
/// colour bar, in parts of that scale, serves all.
/// </summary>
/// <param name="Columns">Heads; every row has as many tiles.</param>
internal sealed record SaliencySheet(
    string Title, SaliencyMethod Method, int ImageRows, int ImageColumns, IReadOnlyList<string> Columns, IReadOnlyList<SheetRow> Rows)
{
    /// <summary>A line under the title; null for none.</summary>
    public string? Note { get; init; }

    /// <summary>Whether p is of the class that stands in brackets under each map, and not of the second of two.</summary>
    public bool NamesClasses { get; init; }

    private const int Margin = 24, Gap = 16, HeadHeight = 72, ColumnHeadHeight = 26, CaptionLine = 17, LineHeight = 18;
    private const int BarWidth = 320, BarHeight = 14, FootHeight = 56, BarSteps = 320;
    private const int LargeTile = 196, SmallTile = 112, FewColumns = 6, FewRows = 32;

    private static readonly Rgb s_ink = Rgb.Grey(30), s_faint = Rgb.Grey(90), s_frame = Rgb.Grey(150);

    /// <summary>Writes the sheet atomically; the folder must exist.</summary>
    public void Save(string path)
    {
        using Canvas canvas = Draw();
        canvas.Save(path);
    }

    /// <summary>The sheet as bytes of a PNG file, the same for the same input.</summary>
    public byte[] Encode()
    {
        using Canvas canvas = Draw();
        return canvas.Encode();
    }

    private bool Signed => Method.IsSigned;

    private Canvas Draw()
    {
        int largest = Columns.Count <= FewColumns && Rows.Count <= FewRows ? LargeTile : SmallTile;
        int scale = Math.Max(1, largest / Math.Max(ImageRows, ImageColumns));
        int width = ImageColumns * scale, height = ImageRows * scale;
        int[] rooms = [.. Columns.Select((_, c) => Room(c, width))];
        int lines = Rows.SelectMany(row => row.Tiles).Select(t => Captions(t).Length).DefaultIfEmpty(0).Max();
        int head = Widest(Rows.SelectMany(row => row.Head.Split('\n')), Lettering.Head) + Gap;
        int rowHeight = height + 8 + (lines * CaptionLine) + Gap;
        int top = Margin + HeadHeight + (Note is null ? 0 : LineHeight) + ColumnHeadHeight;
        int left = Margin + head;
        int sheet = Math.Max(
            left + rooms.Sum(room => room + Gap) + Margin,
            (2 * Margin) + Math.Max(Widest([$"{Title}: {Method.Words}"], Lettering.Title), Widest([Reading, Note ?? ""], Lettering.Text)));
        Canvas canvas = new(sheet, top + (Rows.Count * rowHeight) + FootHeight + Margin, Rgb.White);
        canvas.Text($"{Title}: {Method.Words}", Margin, Margin + 18, Lettering.Title, s_ink);
        canvas.Text(Reading, Margin, Margin + 42, Lettering.Text, s_faint);
        canvas.Text(Note ?? "", Margin, Margin + 42 + LineHeight, Lettering.Text, s_faint);
        int[] lefts = [.. rooms.Select((_, c) => left + rooms.Take(c).Sum(room => room + Gap))];
        for (int c = 0; c < Columns.Count; c++)
            canvas.Text(Columns[c], lefts[c] + (rooms[c] / 2), top - 10, Lettering.Head, s_ink, TextAnchor.Centre);
        for (int r = 0; r < Rows.Count; r++)
        {
            int y = top + (r * rowHeight);
            string[] heads = Rows[r].Head.Split('\n');
            for (int i = 0; i < heads.Length; i++)
            {
                (Lettering lettering, Rgb color) = i == 0 ? (Lettering.Head, s_ink) : (Lettering.Text, s_faint);
                canvas.Text(heads[i], Margin, y + 16 + (i * LineHeight), lettering, color);
            }
            for (int c = 0; c < Rows[r].Tiles.Count; c++)
                Tile(canvas, Rows[r].Tiles[c], lefts[c], y, rooms[c], scale);
        }
        Bar(canvas, left, top + (Rows.Count * rowHeight) + 8);
        return canvas;
    }

    /// <summary>The width of a column, in which no text touches its neighbour's.</summary>
    private int Room(int column, int tile) => Math.Max(
        Math.Max(tile, Widest([Columns[column]], Lettering.Head)),
        Widest(Rows.Where(row => row.Tiles.Count > column).SelectMany(row => Captions(row.Tiles[column])), Lettering.Small));

    private static int Widest(IEnumerable<string> texts, Lettering lettering) =>
        texts.Select(text => Canvas.MeasureText(text, lettering)).DefaultIfEmpty(0).Max();

    /// <summary>What the colours mean, in one line.</summary>
    private string Reading => Signed
        ? $"x: pixel, 0..1; p: probability of {Which}. Red: the pixel speaks for "
            + (NamesClasses ? "that class, blue: against it. " : "the second class, blue: for the first. ") + "Each map has its own scale."
        : $"e: one pixel, 0..1; p: probability of {Which}. Bright: p changes much when that pixel is raised by 0.1. "
            + "Each map has its own scale.";

    private string Which => NamesClasses ? "the class in brackets" : "the second class";

    private void Tile(Canvas canvas, SheetTile tile, int x, int y, int room, int scale)
    {
        int inputs = ImageRows * ImageColumns, width = ImageColumns * scale, left = x + ((room - width) / 2);
        if ((tile.Pixels?.Length ?? inputs) != inputs || (tile.Map?.Length ?? inputs) != inputs)
            throw new ArgumentException($"a tile that is not {ImageRows} x {ImageColumns}", nameof(tile));
        Rgb[] raster;
        if (tile.Map is { } map)
        {
            ColorScale colors = new(map, Signed);
            raster = [.. map.Select(value => colors.At(value))];
        }
        else
        {
            raster = [.. (tile.Pixels ?? []).Select(Rgb.Grey)];
        }

        canvas.FillRect(left - 1, y - 1, width + 2, (ImageRows * scale) + 2, s_frame);
        canvas.Image(raster, ImageRows, ImageColumns, left, y, scale);
        string[] captions = Captions(tile);
        for (int i = 0; i < captions.Length; i++)
        {
            int baseline = y + (ImageRows * scale) + 18 + (i * CaptionLine);
            canvas.Text(captions[i], x + (room / 2), baseline, Lettering.Small, i == 0 ? s_ink : s_faint, TextAnchor.Centre);
        }
    }

    private string[] Captions(SheetTile tile)
    {
        string[] lines = tile.Caption.Length == 0 ? [] : tile.Caption.Split('\n');
        if (tile.Map is not { } map)
            return lines;
        ColorScale scale = new(map, Signed);
        string high = scale.High.ToString(scale.High is >= 1e-3 and < 1e4 ? "G3" : "0.0e+0", CultureInfo.InvariantCulture);
        return [.. lines, scale.IsZero ? "0 everywhere" : $"{(Signed ? "\u00B1" : "0..")}{high}"];
    }

    private void Bar(Canvas canvas, int x, int y)
    {
        ColorScale scale = new([1f], Signed);
        canvas.FillRect(x - 1, y - 1, BarWidth + 2, BarHeight + 2, s_frame);
        for (int i = 0; i < BarSteps; i++)
            canvas.FillRect(x + i, y, 1, BarHeight, scale.At(scale.Low + ((scale.High - scale.Low) * (i + 0.5) / BarSteps)));
        (int Place, string Text)[] ticks = Signed
            ? [(0, "-1"), (BarWidth / 4, "-0.5"), (BarWidth / 2, "0"), (3 * BarWidth / 4, "0.5"), (BarWidth, "1")]
            : [(0, "0"), (BarWidth / 2, "0.5"), (BarWidth, "1")];
        foreach ((int place, string text) in ticks)
        {
            canvas.FillRect(x + place, y + BarHeight + 1, 1, 4, s_ink);
            canvas.Text(text, x + place, y + BarHeight + 18, Lettering.Small, s_ink, TextAnchor.Centre);
        }

        canvas.Text("times the number under each map", x + BarWidth + 20, y + 12, Lettering.Small, s_ink);
    }
}
