using GpuMlp.Engine;
using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class CanvasTests
{
    private static readonly Rgb s_background = new(10, 200, 30);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(640, 2)]
    public void Decodes_to_the_size_and_background_asked_for(int width, int height)
    {
        using Canvas canvas = new(width, height, s_background);
        Rgb[,] pixels = PngDecoder.Decode(canvas.Encode());

        Assert.Equal((height, width), (pixels.GetLength(0), pixels.GetLength(1)));
        Assert.All(pixels.Cast<Rgb>(), pixel => Assert.Equal(s_background, pixel));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 4)]
    [InlineData(5, 2, 9)]
    public void Enlarged_pixels_are_exact_squares(int rows, int columns, int scale)
    {
        const int X = 3, Y = 2;
        Rgb[] raster = [.. Enumerable.Range(0, rows * columns).Select(i => new Rgb((byte)(i * 7), (byte)(255 - (i * 11)), (byte)(i * i)))];
        using Canvas canvas = new((columns * scale) + 8, (rows * scale) + 8, s_background);
        canvas.Image(raster, rows, columns, X, Y, scale);

        Rgb[,] pixels = PngDecoder.Decode(canvas.Encode());
        for (int y = 0; y < pixels.GetLength(0); y++)
        {
            for (int x = 0; x < pixels.GetLength(1); x++)
            {
                bool inside = x >= X && y >= Y && x < X + (columns * scale) && y < Y + (rows * scale);
                Rgb expected = inside ? raster[((y - Y) / scale * columns) + ((x - X) / scale)] : s_background;
                Assert.Equal(expected, pixels[y, x]);
            }
        }
    }

    [Fact]
    public void Rectangles_cover_the_pixels_named_and_are_cut_at_the_edges()
    {
        using Canvas canvas = new(10, 10, Rgb.White);
        canvas.FillRect(2, 1, 5, 1, Rgb.Black);
        canvas.FillRect(-3, 8, 5, 7, Rgb.Black);
        canvas.FillRect(20, -5, 5, 3, Rgb.Black);

        Rgb[,] pixels = PngDecoder.Decode(canvas.Encode());
        for (int y = 0; y < 10; y++)
        {
            for (int x = 0; x < 10; x++)
                Assert.Equal((y == 1 && x is >= 2 and <= 6) || (x < 2 && y >= 8) ? Rgb.Black : Rgb.White, pixels[y, x]);
        }
    }

    [Fact]
    public void Text_is_drawn_where_its_anchor_says_and_cut_at_the_edges()
    {
        const string Words = "4v9 H = 24";
        int width = Canvas.MeasureText(Words, Lettering.Text);
        Assert.InRange(width, 60, 110);
        (TextAnchor, int)[] lefts = [(TextAnchor.Left, 150), (TextAnchor.Centre, 150 - (width / 2)), (TextAnchor.Right, 150 - width)];
        foreach ((TextAnchor anchor, int left) in lefts)
        {
            using Canvas canvas = new(300, 40, Rgb.White);
            canvas.Text(Words, 150, 25, Lettering.Text, Rgb.Black, anchor);
            Rgb[,] pixels = PngDecoder.Decode(canvas.Encode());
            int[] inked = [.. Enumerable.Range(0, 300).Where(x => Enumerable.Range(0, 40).Any(y => pixels[y, x] != Rgb.White))];
            Assert.InRange(inked.Min(), left - 1, left + 4);
            Assert.InRange(inked.Max(), left + width - 5, left + width + 1);
        }

        using Canvas small = new(10, 6, Rgb.White);
        small.Text(Words, -5, 3, Lettering.Title, Rgb.Black);
        small.Text(Words, 5, 300, Lettering.Title, Rgb.Black);
        Assert.Contains(PngDecoder.Decode(small.Encode()).Cast<Rgb>(), pixel => pixel != Rgb.White);
    }

    [Fact]
    public void Ink_and_paper_are_mixed_by_how_much_of_a_pixel_is_covered()
    {
        Rgb paper = new(200, 100, 0), ink = new(0, 50, 255);
        using Canvas canvas = new(40, 40, paper);
        canvas.Text("8", 10, 30, Lettering.Title, ink);
        Rgb[,] pixels = PngDecoder.Decode(canvas.Encode());
        Glyph glyph = Assert.Single(GlyphAtlas.Of(Lettering.Title).Glyphs("8"));
        Assert.InRange(glyph.Coverage.Distinct().Count(), 5, 16);
        for (int i = 0; i < glyph.Coverage.Length; i++)
        {
            Rgb pixel = pixels[30 - glyph.Top + (i / glyph.Width), 10 + glyph.Left + (i % glyph.Width)];
            double share = glyph.Coverage[i] / 255.0;
            Assert.InRange(pixel.R - (200 * (1 - share)), -0.51, 0.51);
            Assert.InRange(pixel.G - (100 - (50 * share)), -0.51, 0.51);
            Assert.InRange(pixel.B - (255 * share), -0.51, 0.51);
        }
    }

    /// <summary>The encoder's settings, its version and the letters in one number: who changes one of them changes every picture.</summary>
    [Fact]
    public void A_picture_has_these_bytes_on_every_machine()
    {
        using Canvas canvas = new(200, 60, s_background);
        canvas.Text("dp/dx \u00b10.0233, \u0416\u00fc", 5, 25, Lettering.Title, Rgb.Black);
        canvas.Text("class 9 (T-shirt/top)", 195, 45, Lettering.Small, Rgb.Grey(90), TextAnchor.Right);
        canvas.Image([.. Enumerable.Range(0, 12).Select(i => ColorMap.Diverging.At(i / 11.0))], 3, 4, 10, 30, 7);
        byte[] png = canvas.Encode();

        // Level 6, filter none: nothing is left to what the library takes for best; no chunk that could hold a date.
        Assert.Equal(["IHDR", "IDAT", "IEND"], PngDecoder.Chunks(png).Select(chunk => chunk.Type).Distinct());
        byte[] data = PngDecoder.Chunks(png).First(chunk => chunk.Type == "IDAT").Data;
        Assert.Equal([0x78, 0x9C], data[..2]);
        using var lines = new System.IO.Compression.ZLibStream(new MemoryStream(data), System.IO.Compression.CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        lines.CopyTo(unpacked);
        Assert.Equal(60 * ((200 * 3) + 1), unpacked.Length);
        Assert.All(Enumerable.Range(0, 60), y => Assert.Equal(0, unpacked.GetBuffer()[y * ((200 * 3) + 1)]));
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(png));
        Assert.Equal("58d316471309b8e693fbdcbc5d1d3602", hash[..32]);
    }

    [Fact]
    public void Save_replaces_a_file_and_leaves_nothing_else()
    {
        string folder = Directory.CreateTempSubdirectory("gpumlp-png-").FullName;
        try
        {
            string path = Path.Combine(folder, "a.png");
            File.WriteAllText(path, "old");
            using Canvas canvas = new(2, 2, s_background);
            canvas.Save(path);

            Assert.Equal(canvas.Encode(), File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFiles(folder));
            Assert.Throws<UserErrorException>(() => canvas.Save(Path.Combine(folder, "absent", "b.png")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
