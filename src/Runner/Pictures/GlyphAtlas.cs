using System.Collections.Frozen;
using System.IO.Compression;

namespace GpuMlp.Runner.Pictures;

/// <summary>The letterings of a picture: what is drawn of the font, in which size.</summary>
internal enum Lettering
{
    /// <summary>20 pixels, bold.</summary>
    Title,

    /// <summary>14 pixels, bold.</summary>
    Head,

    /// <summary>14 pixels.</summary>
    Text,

    /// <summary>13 pixels.</summary>
    Small,
}

/// <summary>One character as pixels.</summary>
/// <param name="Advance">From its origin to that of the next, in 1/64 pixel.</param>
/// <param name="Left">Of its first column, from the origin.</param>
/// <param name="Top">Of its first row above the baseline.</param>
/// <param name="Width">Columns; 0 for a blank.</param>
/// <param name="Coverage">Row by row: how much of a pixel is ink, 0..255.</param>
internal sealed record Glyph(int Advance, int Left, int Top, int Width, byte[] Coverage)
{
    public int Height => Width == 0 ? 0 : Coverage.Length / Width;
}

/// <summary>
/// The characters of DejaVu Sans that pictures are lettered with, as pixels: drawn once by <c>tools/Glyphs</c> and kept in
/// <c>Fonts/glyphs.bin</c>, because what draws fonts has last bits of its own on each processor. Latin, Greek, Cyrillic,
/// Armenian and Georgian letters, digits, punctuation and mathematical signs; scripts that need shaping or run from right to
/// left are not there.
/// </summary>
internal sealed class GlyphAtlas
{
    /// <summary>Advances are in these parts of a pixel.</summary>
    public const int Parts = 64;

    private const string Resource = "GpuMlp.Runner.Fonts.glyphs.bin";

    // Stands for what is not there.
    private const char Unknown = '?';

    private static readonly Lazy<GlyphAtlas[]> s_all = new(() =>
    {
        using BinaryReader reader = new(OpenResource());
        return [.. Enum.GetValues<Lettering>().Select(_ => new GlyphAtlas(Read(reader)))];
    });

    private readonly FrozenDictionary<int, Glyph> _glyphs;

    private GlyphAtlas(IEnumerable<KeyValuePair<int, Glyph>> glyphs) => _glyphs = glyphs.ToFrozenDictionary();

    public static GlyphAtlas Of(Lettering lettering) => s_all.Value[(int)lettering];

    /// <summary>Whether every character of a text is there, in every lettering.</summary>
    public static bool Has(string text) => text.EnumerateRunes().All(rune => s_all.Value[0]._glyphs.ContainsKey(rune.Value));

    /// <summary>The file's content, unpacked.</summary>
    public static Stream OpenResource() => new ZLibStream(
        typeof(GlyphAtlas).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is not embedded."),
        CompressionMode.Decompress);

    /// <summary>Width of a text in 1/64 pixel.</summary>
    public int Measure(string text) => Glyphs(text).Sum(glyph => glyph.Advance);

    /// <summary>The glyphs of a text, a question mark for each character that is not there.</summary>
    public IEnumerable<Glyph> Glyphs(string text) =>
        text.EnumerateRunes().Select(rune => _glyphs.TryGetValue(rune.Value, out Glyph? glyph) ? glyph : _glyphs[Unknown]);

    /// <summary>Writes one lettering, as <see cref="Read"/> reads it: little-endian, characters ascending.</summary>
    public static void Write(BinaryWriter writer, IReadOnlyCollection<KeyValuePair<int, Glyph>> glyphs)
    {
        writer.Write(glyphs.Count);
        foreach ((int character, Glyph glyph) in glyphs)
        {
            writer.Write(character);
            writer.Write((ushort)glyph.Advance);
            writer.Write((sbyte)glyph.Left);
            writer.Write((sbyte)glyph.Top);
            writer.Write((byte)glyph.Width);
            writer.Write((byte)glyph.Height);
            writer.Write(glyph.Coverage);
        }
    }

    private static List<KeyValuePair<int, Glyph>> Read(BinaryReader reader)
    {
        List<KeyValuePair<int, Glyph>> glyphs = new(reader.ReadInt32());
        for (int i = glyphs.Capacity; i > 0; i--)
        {
            int character = reader.ReadInt32(), advance = reader.ReadUInt16();
            int left = reader.ReadSByte(), top = reader.ReadSByte();
            int width = reader.ReadByte(), height = reader.ReadByte();
            glyphs.Add(new(character, new Glyph(advance, left, top, width, reader.ReadBytes(width * height))));
        }

        return glyphs;
    }
}
