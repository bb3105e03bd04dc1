using System.Globalization;
using GpuMlp.Kernels.Saliency;

namespace GpuMlp.Runner.Png;

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
    private const int Margin = 24, Gap = 16, HeadHeight = 72, ColumnHeadHeight = 26, CaptionLine = 17, LineHeight = 18;
    private const int BarWidth = 320, BarHeight = 14, FootHeight = 56, BarSteps = 320;
    private const int LargeTile = 196, SmallTile = 112, FewColumns = 6;
    private const float TitleSize = 20, TextSize = 14, SmallSize = 13;

    private static readonly Rgb s_ink = Rgb.Grey(30), s_faint = Rgb.Grey(110), s_frame = Rgb.Grey(150);

    /// <summary>Writes the sheet atomically; the folder must exist.</summary>
    public void Save(string path)
    {
        using PngFile png = Draw();
        png.Save(path);
    }

    /// <summary>The sheet as bytes of a PNG file, the same for the same input.</summary>
    public byte[] Encode()
    {
        using PngFile png = Draw();
        return png.Encode();
    }

    private bool Signed => Method != SaliencyMethod.Perturbation;

    private string What => Method switch
    {
        SaliencyMethod.LogitGradient => "dlogit/dx",
        SaliencyMethod.ProbabilityGradient => "dp/dx",
        SaliencyMethod.InputGradient => "x dlogit/dx",
        SaliencyMethod.SmoothGradient => "SmoothGrad of the logit",
        SaliencyMethod.IntegratedGradient => "integrated gradients of the logit, from black",
        _ => "|p(x + 0.1 e) - p(x)|",
    };

    private PngFile Draw()
    {
        int largest = Columns.Count <= FewColumns ? LargeTile : SmallTile, scale = Math.Max(1, largest / Math.Max(ImageRows, ImageColumns));
        int width = ImageColumns * scale, height = ImageRows * scale;
        string[] captions = [.. Rows.SelectMany(row => row.Tiles).SelectMany(Captions), .. Columns];
        int tile = Math.Max(width, captions.Select(text => PngFile.MeasureText(text, SmallSize)).DefaultIfEmpty(0).Max());
        int lines = Rows.SelectMany(row => row.Tiles).Select(t => Captions(t).Length).DefaultIfEmpty(0).Max();
        int head = Rows.SelectMany(row => row.Head.Split('\n')).Select(text => PngFile.MeasureText(text, TextSize, bold: true)).DefaultIfEmpty(0).Max() + Gap;
        int rowHeight = height + 8 + (lines * CaptionLine) + Gap;
        int top = Margin + HeadHeight + ColumnHeadHeight, left = Margin + head;
        int sheet = Math.Max(
            left + (Columns.Count * (tile + Gap)) + Margin,
            (2 * Margin) + Math.Max(PngFile.MeasureText($"{Title}: {What}", TitleSize, bold: true), PngFile.MeasureText(Reading, TextSize)));
        PngFile png = new(sheet, top + (Rows.Count * rowHeight) + FootHeight + Margin, Rgb.White);
        png.Text($"{Title}: {What}", Margin, Margin + 18, TitleSize, s_ink, bold: true);
        png.Text(Reading, Margin, Margin + 42, TextSize, s_faint);
        for (int c = 0; c < Columns.Count; c++)
            png.Text(Columns[c], left + (c * (tile + Gap)) + (tile / 2), top - 10, SmallSize, s_ink, TextAnchor.Centre, bold: true);
        for (int r = 0; r < Rows.Count; r++)
        {
            int y = top + (r * rowHeight);
            string[] heads = Rows[r].Head.Split('\n');
            for (int i = 0; i < heads.Length; i++)
                png.Text(heads[i], Margin, y + 16 + (i * LineHeight), TextSize, i == 0 ? s_ink : s_faint, bold: i == 0);
            for (int c = 0; c < Rows[r].Tiles.Count; c++)
                Tile(png, Rows[r].Tiles[c], left + (c * (tile + Gap)), y, tile, scale);
        }
        Bar(png, left, top + (Rows.Count * rowHeight) + 8);
        return png;
    }

    /// <summary>What the colours mean, in one line.</summary>
    private string Reading => Signed
        ? "x: pixel, 0..1; p: probability of the second class. Red: the pixel speaks for the second class, blue: for the first. Each map has its own scale."
        : "e: one pixel, 0..1; p: probability of the second class. Bright: p changes much when that pixel is raised by 0.1. Each map has its own scale.";

    private void Tile(PngFile png, SheetTile tile, int x, int y, int room, int scale)
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

        png.FillRect(left - 1, y - 1, width + 2, (ImageRows * scale) + 2, s_frame);
        png.Image(raster, ImageRows, ImageColumns, left, y, scale);
        string[] captions = Captions(tile);
        for (int i = 0; i < captions.Length; i++)
            png.Text(captions[i], x + (room / 2), y + (ImageRows * scale) + 18 + (i * CaptionLine), SmallSize, i == 0 ? s_ink : s_faint, TextAnchor.Centre);
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

    private void Bar(PngFile png, int x, int y)
    {
        ColorScale scale = new([1f], Signed);
        png.FillRect(x - 1, y - 1, BarWidth + 2, BarHeight + 2, s_frame);
        for (int i = 0; i < BarSteps; i++)
            png.FillRect(x + i, y, 1, BarHeight, scale.At(scale.Low + ((scale.High - scale.Low) * (i + 0.5) / BarSteps)));
        (int Place, string Text)[] ticks = Signed
            ? [(0, "-1"), (BarWidth / 4, "-0.5"), (BarWidth / 2, "0"), (3 * BarWidth / 4, "0.5"), (BarWidth, "1")]
            : [(0, "0"), (BarWidth / 2, "0.5"), (BarWidth, "1")];
        foreach ((int place, string text) in ticks)
        {
            png.Line(x + place, y + BarHeight + 1, x + place, y + BarHeight + 4, s_ink);
            png.Text(text, x + place, y + BarHeight + 18, SmallSize, s_ink, TextAnchor.Centre);
        }

        png.Text("times the number under each map", x + BarWidth + 20, y + 12, SmallSize, s_ink);
    }
}
