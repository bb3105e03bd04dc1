using System.Globalization;
using System.Text;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;
using SkiaSharp;

namespace GpuMlp.Glyphs;

/// <summary>Draws characters of the embedded font for <see cref="GlyphAtlas"/>: grey-scale, without hinting.</summary>
internal static class AtlasMaker
{
    // Room for the largest character of the largest lettering on each side of its origin.
    private const int Room = 48;

    // What class names and labels are written with, as far as a character alone says how it looks: in other scripts that the
    // font has, neighbours or the direction of the text change that.
    private static readonly (int First, int Last)[] s_ranges =
    [
        (0x0020, 0x007E), (0x00A0, 0x024F), // Latin
        (0x0370, 0x03FF), (0x0400, 0x052F), // Greek, Cyrillic
        (0x0531, 0x058F), (0x10A0, 0x10FF), // Armenian, Georgian
        (0x1E00, 0x1EFF),                   // Latin with more accents: Vietnamese
        (0x2010, 0x2027), (0x2030, 0x205E), // punctuation
        (0x2070, 0x209C), (0x20A0, 0x20BF), // raised and lowered digits, currencies
        (0x2100, 0x214F), (0x2190, 0x21FF), // letter-like signs, arrows
        (0x2200, 0x22FF), (0x2500, 0x26FF), // mathematics, boxes, shapes, signs
    ];

    /// <summary>The content of <c>glyphs.bin</c>, not packed.</summary>
    public static byte[] Make()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach (Lettering lettering in Enum.GetValues<Lettering>())
        {
            (float size, bool bold) = lettering switch
            {
                Lettering.Title => (20, true),
                Lettering.Head => (14, true),
                Lettering.Text => (14, false),
                _ => (13f, false),
            };
            using SKFont font = new(EmbeddedFont.Get(bold), size)
            {
                Edging = SKFontEdging.Antialias,
                Hinting = SKFontHinting.None,
                LinearMetrics = true,
            };
            GlyphAtlas.Write(writer, [.. Characters().Select(character => KeyValuePair.Create(character, Draw(font, character)))]);
        }

        writer.Flush();
        return stream.ToArray();
    }

    // Those that both cuts of the font have, so that every lettering has the same.
    private static IEnumerable<int> Characters() =>
        from range in s_ranges
        from character in Enumerable.Range(range.First, range.Last - range.First + 1)
        where IsSeen(character)
            && EmbeddedFont.Get(bold: false).ContainsGlyph(character)
            && EmbeddedFont.Get(bold: true).ContainsGlyph(character)
        select character;

    private static bool IsSeen(int character) => CharUnicodeInfo.GetUnicodeCategory(character) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.SpacingCombiningMark
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static Glyph Draw(SKFont font, int character)
    {
        string text = new Rune(character).ToString();
        int advance = (int)MathF.Round(font.MeasureText(text) * GlyphAtlas.Parts);
        using SKBitmap bitmap = new(new SKImageInfo(2 * Room, 2 * Room, SKColorType.Gray8, SKAlphaType.Opaque));
        using SKCanvas canvas = new(bitmap);
        using SKPaint ink = new() { Color = SKColors.Black, IsAntialias = true };
        canvas.Clear(SKColors.White);
        canvas.DrawText(text, Room, Room, SKTextAlign.Left, font, ink);
        canvas.Flush();

        // Drawn black on white: what is dark is covered. Sixteen levels, 0 to 255: more cannot be told apart, and cost 200 KB.
        byte Covered(int x, int y) => (byte)((255 - bitmap.GetPixelSpan()[(y * bitmap.RowBytes) + x] + 8) / 17 * 17);
        IEnumerable<int> all = Enumerable.Range(0, 2 * Room);
        (int X, int Y)[] inked = [.. from y in all from x in all where Covered(x, y) > 0 select (x, y)];
        if (inked.Length == 0)
            return new Glyph(advance, 0, 0, 0, []);
        int left = inked.Min(at => at.X), right = inked.Max(at => at.X), top = inked[0].Y, bottom = inked[^1].Y;
        byte[] coverage =
            [.. from y in Enumerable.Range(top, bottom - top + 1) from x in Enumerable.Range(left, right - left + 1) select Covered(x, y)];
        return new Glyph(advance, left - Room, Room - top, right - left + 1, coverage);
    }
}
