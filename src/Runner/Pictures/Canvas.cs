using GpuMlp.Engine.Files;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace GpuMlp.Runner.Pictures;

/// <summary>Where a text stands relative to its x.</summary>
internal enum TextAnchor
{
    Left,
    Centre,
    Right,
}

/// <summary>
/// A picture that is drawn and written as PNG: the only file that knows the encoder's library. The same calls give the same
/// bytes on every machine: whole pixels, text of <see cref="GlyphAtlas"/> blended in integers, a managed encoder with
/// settings that are fixed here, and no date in the file. Coordinates are pixels from the upper left corner. Not thread-safe.
/// </summary>
internal sealed class Canvas : IDisposable
{
    // No decoder is registered: nothing from outside is ever decoded.
    private static readonly Configuration s_library = new();

    private static readonly PngEncoder s_encoder = new()
    {
        ColorType = PngColorType.Rgb,
        BitDepth = PngBitDepth.Bit8,
        // Level 9 takes three times as long and saves a tenth.
        CompressionLevel = PngCompressionLevel.Level6,
        FilterMethod = PngFilterMethod.None,
        InterlaceMethod = PngInterlaceMode.None,
        ChunkFilter = PngChunkFilter.ExcludeAll,
        IgnoreMetadata = true,
    };

    // The image is a view of the pixels: asking the library for a row costs more than most rows take to fill.
    private readonly Rgb24[] _pixels;
    private readonly Image<Rgb24> _image;

    /// <param name="width">1 .. 32768 pixels.</param>
    /// <param name="height">1 .. 32768 pixels.</param>
    public Canvas(int width, int height, Rgb background)
    {
        const int Largest = 32768;
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Largest);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(height, Largest);
        _pixels = new Rgb24[width * height];
        _pixels.AsSpan().Fill(Color(background));
        _image = SixLabors.ImageSharp.Image.WrapMemory<Rgb24>(s_library, _pixels, width, height);
    }

    /// <summary>Width of a text in pixels, rounded up.</summary>
    public static int MeasureText(string text, Lettering lettering) =>
        (GlyphAtlas.Of(lettering).Measure(text) + GlyphAtlas.Parts - 1) / GlyphAtlas.Parts;

    /// <summary>Fills exactly <paramref name="width"/> x <paramref name="height"/> pixels; parts outside are cut.</summary>
    public void FillRect(int x, int y, int width, int height, Rgb color)
    {
        int left = Math.Max(x, 0), right = Math.Min(x + width, _image.Width);
        for (int row = Math.Max(y, 0); row < Math.Min(y + height, _image.Height) && left < right; row++)
            Row(row)[left..right].Fill(Color(color));
    }

    /// <summary>One line of text in the embedded font; parts outside are cut.</summary>
    /// <param name="baseline">y of the line on which letters stand.</param>
    public void Text(string text, int x, int baseline, Lettering lettering, Rgb color, TextAnchor anchor = TextAnchor.Left)
    {
        GlyphAtlas atlas = GlyphAtlas.Of(lettering);
        int width = atlas.Measure(text);
        int pen = (x * GlyphAtlas.Parts) - (anchor switch { TextAnchor.Centre => width / 2, TextAnchor.Right => width, _ => 0 });
        foreach (Glyph glyph in atlas.Glyphs(text))
        {
            int left = ((pen + (GlyphAtlas.Parts / 2)) >> 6) + glyph.Left;
            for (int i = 0; i < glyph.Coverage.Length; i++)
                Blend(left + (i % glyph.Width), baseline - glyph.Top + (i / glyph.Width), glyph.Coverage[i], color);
            pen += glyph.Advance;
        }
    }

    /// <summary>A raster, each of its pixels a sharp square of <paramref name="scale"/> x <paramref name="scale"/> pixels.</summary>
    /// <param name="raster">Row-major [rows, columns].</param>
    /// <param name="scale">1 or more.</param>
    public void Image(ReadOnlySpan<Rgb> raster, int rows, int columns, int x, int y, int scale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(raster.Length, rows * columns, nameof(raster));
        for (int i = 0; i < raster.Length; i++)
            FillRect(x + (i % columns * scale), y + (i / columns * scale), scale, scale, raster[i]);
    }

    /// <summary>The picture as the bytes of a PNG file.</summary>
    public byte[] Encode()
    {
        using MemoryStream stream = new();
        _image.Save(stream, s_encoder);
        return stream.ToArray();
    }

    /// <summary>Writes the file under a temporary name in the same folder and renames it, so that nobody sees half a file.</summary>
    /// <exception cref="GpuMlp.Engine.UserErrorException">The folder is absent or full; nothing remains.</exception>
    public void Save(string path) => AtomicFile.Write(path, Encode());

    public void Dispose() => _image.Dispose();

    private void Blend(int x, int y, int coverage, Rgb ink)
    {
        if ((uint)x >= (uint)_image.Width || (uint)y >= (uint)_image.Height)
            return;
        ref Rgb24 pixel = ref Row(y)[x];
        pixel = new Rgb24(Mix(pixel.R, ink.R, coverage), Mix(pixel.G, ink.G, coverage), Mix(pixel.B, ink.B, coverage));
    }

    private static byte Mix(int paper, int ink, int coverage) => (byte)(((paper * (255 - coverage)) + (ink * coverage) + 127) / 255);

    private Span<Rgb24> Row(int y) => _pixels.AsSpan(y * _image.Width, _image.Width);

    private static Rgb24 Color(Rgb color) => new(color.R, color.G, color.B);
}
