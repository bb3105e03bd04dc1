using System.Globalization;
using GpuMlp.Kernels.Saliency;

namespace GpuMlp.Runner.Png;

/// <summary>
/// The study's saliency figure for one model: a correct validation image, its map, a misclassified image, its map. Every
/// map has a colour bar of its own, because a sure answer has gradients that are smaller by orders of magnitude.
/// </summary>
/// <param name="Title">Task, hidden size and seed, as in <c>4v9, H = 24, seed 42</c>; the method is added.</param>
/// <param name="Correct">Null when the model classifies no image correctly.</param>
/// <param name="Wrong">Null when the model makes no mistake.</param>
internal sealed record SaliencyPanel(string Title, SaliencyMethod Method, SaliencyPicture? Correct, SaliencyPicture? Wrong)
{
    private const int Margin = 24;
    private const int Gap = 28;

    /// <summary>Images are enlarged as long as both sides stay within this; small enough for four in 1400 pixels.</summary>
    private const int ImageSide = 256;

    /// <summary>Room of a caption, whatever the image's width.</summary>
    private const int TileWidth = ImageSide;

    /// <summary>Bar, ticks and their texts, right of a map.</summary>
    private const int BarGap = 10, BarWidth = 16, BarTextWidth = 62, BarLeast = 150;

    private const float TitleSize = 20, TextSize = 14, SmallSize = 13;
    private const int LineHeight = 20;
    private const int HeadHeight = 64;
    private const int PictureTitleHeight = 28;

    private static readonly Rgb s_ink = Rgb.Grey(30);
    private static readonly Rgb s_faint = Rgb.Grey(110);
    private static readonly Rgb s_frame = Rgb.Grey(150);

    /// <summary>Width of image and map with its bar.</summary>
    private static int HalfWidth => TileWidth + Gap + TileWidth + BarGap + BarWidth + BarTextWidth;

    /// <summary>The panel as bytes of a PNG file, the same for the same input.</summary>
    public byte[] Encode()
    {
        using PngFile png = Draw();
        return png.Encode();
    }

    /// <summary>Writes the panel atomically; the folder must exist.</summary>
    public void Save(string path)
    {
        using PngFile png = Draw();
        png.Save(path);
    }

    private PngFile Draw()
    {
        SaliencyPicture?[] pictures = [Correct, Wrong];
        int drawn = Math.Max(BarLeast, pictures.OfType<SaliencyPicture>().Select(p => p.Rows * Scale(p)).DefaultIfEmpty(0).Max());
        int captionLines = Math.Max(2, pictures.OfType<SaliencyPicture>().Select(p => p.Caption.Split('\n').Length).DefaultIfEmpty(0).Max());
        int top = Margin + HeadHeight;
        int height = top + PictureTitleHeight + drawn + 8 + (captionLines * LineHeight) + Margin;
        int width = Margin + HalfWidth + Gap + HalfWidth + Margin;

        PngFile png = new(width, height, Rgb.White);
        png.Text($"{Title}, {MethodName}", Margin, Margin + 18, TitleSize, s_ink, bold: true);
        png.Text(Reading, Margin, Margin + 42, TextSize, s_faint);
        Half(png, Correct, "No image is classified correctly", Margin, top, drawn);
        Half(png, Wrong, "No image is misclassified", Margin + HalfWidth + Gap, top, drawn);
        return png;
    }

    private bool Signed => Method != SaliencyMethod.Perturbation;

    private string MethodName => Method switch
    {
        SaliencyMethod.LogitGradient => "dlogit/dx",
        SaliencyMethod.ProbabilityGradient => "dp/dx",
        _ => "|p(x + 0.1 e) - p(x)|",
    };

    /// <summary>What the colours mean, in one line.</summary>
    private string Reading => Signed
        ? "p: probability of the second class; x: pixel on the scale 0..1. Red: a brighter pixel raises p, blue: it lowers p."
        : "p: probability of the second class; e: one pixel, on the scale 0..1. Bright: p changes much when that pixel is raised by 0.1.";

    private string Unit => Signed ? MethodName : "change of p";

    private static int Scale(SaliencyPicture picture) =>
        Math.Max(1, ImageSide / Math.Max(picture.Rows, picture.Columns));

    private void Half(PngFile png, SaliencyPicture? picture, string absent, int x, int y, int drawn)
    {
        int top = y + PictureTitleHeight;
        if (picture is null)
        {
            png.FillRect(x, top, HalfWidth - BarTextWidth, drawn, Rgb.Grey(244));
            png.Text(absent, x + ((HalfWidth - BarTextWidth) / 2), top + (drawn / 2) + 5, TextSize, s_faint, TextAnchor.Centre);
            return;
        }

        int inputs = picture.Rows * picture.Columns;
        if (picture.Pixels.Length != inputs || picture.Map.Length != inputs)
        {
            throw new ArgumentException(
                $"{picture.Pixels.Length} pixels and {picture.Map.Length} map values for {picture.Rows} x {picture.Columns}.",
                nameof(picture));
        }

        ColorScale scale = new(picture.Map, Signed);
        int mapX = x + TileWidth + Gap;
        Tile(png, picture, [.. picture.Pixels.Select(Rgb.Grey)], picture.Title, picture.Caption, x, y, drawn);
        Tile(
            png,
            picture,
            [.. picture.Map.Select(value => scale.At(value))],
            "saliency",
            scale.IsZero ? "0 for every pixel" : MostText(picture),
            mapX,
            y,
            drawn);
        Bar(png, scale, mapX + TileWidth + BarGap, y, drawn);
    }

    /// <summary>The pixel that matters most, so that the map can be checked against numbers.</summary>
    private static string MostText(SaliencyPicture picture)
    {
        int most = 0;
        for (int i = 1; i < picture.Map.Length; i++)
        {
            // Written so that a NaN at the start gives way to the first number.
            if (!(Math.Abs(picture.Map[i]) <= Math.Abs(picture.Map[most])) && !float.IsNaN(picture.Map[i]))
            {
                most = i;
            }
        }

        const double LeastFixed = 1e-3, MostFixed = 1e4;
        double size = Math.Abs(picture.Map[most]);
        string format = size is >= LeastFixed and < MostFixed ? "G4" : "0.000e+0";
        string value = picture.Map[most].ToString(format, CultureInfo.InvariantCulture);
        return $"strongest: {value}\nat row {most / picture.Columns}, column {most % picture.Columns} (from 0)";
    }

    private static void Tile(
        PngFile png,
        SaliencyPicture picture,
        Rgb[] raster,
        string title,
        string caption,
        int x,
        int y,
        int drawn)
    {
        int scale = Scale(picture);
        int width = picture.Columns * scale, height = picture.Rows * scale;
        int left = x + ((TileWidth - width) / 2), top = y + PictureTitleHeight + ((drawn - height) / 2);
        int centre = x + (TileWidth / 2);
        png.Text(title, centre, y + 18, TextSize, s_ink, TextAnchor.Centre, bold: true);

        // A frame around the pixels, not on them: white maps and black images would have no edge on paper or screen.
        png.FillRect(left - 1, top - 1, width + 2, height + 2, s_frame);
        png.Image(raster, picture.Rows, picture.Columns, left, top, scale);
        string[] lines = caption.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            int baseline = y + PictureTitleHeight + drawn + 8 + 14 + (i * LineHeight);
            png.Text(lines[i], centre, baseline, TextSize, i == 0 ? s_ink : s_faint, TextAnchor.Centre);
        }
    }

    private void Bar(PngFile png, ColorScale scale, int x, int y, int drawn)
    {
        int top = y + PictureTitleHeight;
        png.Text(Unit, x, y + 18, SmallSize, s_ink);
        png.FillRect(x - 1, top - 1, BarWidth + 2, drawn + 2, s_frame);
        for (int i = 0; i < drawn; i++)
        {
            // Value at the middle of this row of pixels.
            double value = scale.High - ((scale.High - scale.Low) * (i + 0.5) / drawn);
            png.FillRect(x, top + i, BarWidth, 1, scale.At(value));
        }

        foreach ((double value, string text) in scale.Ticks())
        {
            int tick = top + (int)Math.Round((scale.High - value) / (scale.High - scale.Low) * (drawn - 1));
            png.Line(x + BarWidth + 1, tick, x + BarWidth + 4, tick, s_ink);
            png.Text(text, x + BarWidth + 8, tick + 5, SmallSize, s_ink);
        }
    }
}
