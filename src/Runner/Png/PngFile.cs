using GpuMlp.Engine.Runs;
using SkiaSharp;

namespace GpuMlp.Runner.Png;

/// <summary>Where a text stands relative to its x.</summary>
internal enum TextAnchor
{
    Left,
    Centre,
    Right,
}

/// <summary>
/// A picture that is drawn and written as PNG. With <see cref="EmbeddedFont"/> the only file outside Plots that knows the
/// encoder's library. The same calls give the same bytes: the font is embedded, text is grey-scale without hinting or
/// subpixels, and the file holds no date. Coordinates are pixels from the upper left corner. Not thread-safe.
/// </summary>
internal sealed class PngFile : IDisposable
{
    private readonly SKBitmap _bitmap;
    private readonly SKCanvas _canvas;

    /// <param name="width">1 .. 16384 pixels.</param>
    /// <param name="height">1 .. 16384 pixels.</param>
    public PngFile(int width, int height, Rgb background)
    {
        const int Largest = 16384;
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Largest);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Largest);
        _bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        _canvas = new SKCanvas(_bitmap);
        _canvas.Clear(Color(background));
    }

    public int Width => _bitmap.Width;

    public int Height => _bitmap.Height;

    /// <summary>Width of a text in pixels, rounded up.</summary>
    /// <param name="size">Em size in pixels.</param>
    public static int MeasureText(string text, float size, bool bold = false)
    {
        using SKFont font = Font(size, bold);
        return (int)MathF.Ceiling(font.MeasureText(text));
    }

    /// <summary>Fills exactly <paramref name="width"/> x <paramref name="height"/> pixels; parts outside are cut.</summary>
    public void FillRect(int x, int y, int width, int height, Rgb color)
    {
        using SKPaint paint = new() { Color = Color(color), IsAntialias = false };
        _canvas.DrawRect(x, y, width, height, paint);
    }

    /// <summary>A line of whole pixels' width from centre to centre of two pixels, both included; sharp when it is level or upright.</summary>
    public void Line(int x1, int y1, int x2, int y2, Rgb color, int thickness = 1)
    {
        if (x1 == x2 || y1 == y2)
        {
            int before = (thickness - 1) / 2;
            int x = Math.Min(x1, x2), y = Math.Min(y1, y2);
            int length = Math.Abs(x2 - x1) + Math.Abs(y2 - y1) + 1;
            if (y1 == y2)
            {
                FillRect(x, y - before, length, thickness, color);
            }
            else
            {
                FillRect(x - before, y, thickness, length, color);
            }

            return;
        }

        using SKPaint paint = new() { Color = Color(color), IsAntialias = true, StrokeWidth = thickness, StrokeCap = SKStrokeCap.Square };
        _canvas.DrawLine(x1 + 0.5f, y1 + 0.5f, x2 + 0.5f, y2 + 0.5f, paint);
    }

    /// <summary>One line of text in the embedded font.</summary>
    /// <param name="baseline">y of the line on which letters stand.</param>
    /// <param name="size">Em size in pixels.</param>
    public void Text(string text, int x, int baseline, float size, Rgb color, TextAnchor anchor = TextAnchor.Left, bool bold = false)
    {
        using SKFont font = Font(size, bold);
        using SKPaint paint = new() { Color = Color(color), IsAntialias = true };

        // Rounded here, so that the position does not depend on how the library rounds an aligned text.
        float width = font.MeasureText(text);
        float left = anchor switch
        {
            TextAnchor.Centre => MathF.Round(x - (width / 2)),
            TextAnchor.Right => MathF.Round(x - width),
            _ => x,
        };
        _canvas.DrawText(text, left, baseline, SKTextAlign.Left, font, paint);
    }

    /// <summary>A raster, each of its pixels a sharp square of <paramref name="scale"/> x <paramref name="scale"/> pixels.</summary>
    /// <param name="raster">Row-major [rows, columns].</param>
    /// <param name="scale">1 or more.</param>
    public void Image(ReadOnlySpan<Rgb> raster, int rows, int columns, int x, int y, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(raster.Length, rows * columns, nameof(raster));
        using SKPaint paint = new() { IsAntialias = false };
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                paint.Color = Color(raster[(row * columns) + column]);
                _canvas.DrawRect(x + (column * scale), y + (row * scale), scale, scale, paint);
            }
        }
    }

    /// <summary>The picture as the bytes of a PNG file.</summary>
    public byte[] Encode()
    {
        _canvas.Flush();
        using SKData data = _bitmap.Encode(SKEncodedImageFormat.Png, 100)
            ?? throw new InvalidOperationException("The PNG encoder gave no data.");
        return data.ToArray();
    }

    /// <summary>Writes the file under a temporary name in the same folder and renames it, so that nobody sees half a file.</summary>
    /// <exception cref="IOException">The folder is absent or full; nothing remains.</exception>
    public void Save(string path) => AtomicFile.Write(path, Encode());

    public void Dispose()
    {
        _canvas.Dispose();
        _bitmap.Dispose();
    }

    private static SKColor Color(Rgb color) => new(color.R, color.G, color.B);

    private static SKFont Font(float size, bool bold) => new(EmbeddedFont.Get(bold), size)
    {
        Edging = SKFontEdging.Antialias,
        Hinting = SKFontHinting.None,
        Subpixel = false,
    };
}
