using GpuMlp.Engine;
using GpuMlp.Runner.Png;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class PngFileTests
{
    private static readonly Rgb s_background = new(10, 200, 30);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(640, 2)]
    public void Decodes_to_the_size_and_background_asked_for(int width, int height)
    {
        using PngFile png = new(width, height, s_background);
        Rgb[,] pixels = PngDecoder.Decode(png.Encode());

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
        using PngFile png = new((columns * scale) + 8, (rows * scale) + 8, s_background);
        png.Image(raster, rows, columns, X, Y, scale);

        Rgb[,] pixels = PngDecoder.Decode(png.Encode());
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
    public void Lines_and_rectangles_cover_the_pixels_named()
    {
        using PngFile png = new(10, 10, Rgb.White);
        png.Line(2, 1, 6, 1, Rgb.Black);
        png.Line(8, 3, 8, 5, Rgb.Black);
        png.FillRect(0, 8, 2, 2, Rgb.Black);

        Rgb[,] pixels = PngDecoder.Decode(png.Encode());
        for (int y = 0; y < 10; y++)
        {
            for (int x = 0; x < 10; x++)
            {
                bool black = (y == 1 && x is >= 2 and <= 6) || (x == 8 && y is >= 3 and <= 5) || (x < 2 && y >= 8);
                Assert.Equal(black ? Rgb.Black : Rgb.White, pixels[y, x]);
            }
        }
    }

    [Fact]
    public void Text_is_drawn_where_its_anchor_says()
    {
        const string Words = "4v9 H = 24";
        int width = PngFile.MeasureText(Words, 14);
        Assert.InRange(width, 60, 110);
        foreach ((TextAnchor anchor, int left) in new[] { (TextAnchor.Left, 150), (TextAnchor.Centre, 150 - (width / 2)), (TextAnchor.Right, 150 - width) })
        {
            using PngFile png = new(300, 40, Rgb.White);
            png.Text(Words, 150, 25, 14, Rgb.Black, anchor);
            Rgb[,] pixels = PngDecoder.Decode(png.Encode());
            int[] inked = [.. Enumerable.Range(0, 300).Where(x => Enumerable.Range(0, 40).Any(y => pixels[y, x] != Rgb.White))];
            Assert.InRange(inked.Min(), left - 1, left + 4);
            Assert.InRange(inked.Max(), left + width - 5, left + width + 1);
        }
    }

    [Fact]
    public void Save_replaces_a_file_and_leaves_nothing_else()
    {
        string folder = Directory.CreateTempSubdirectory("gpumlp-png-").FullName;
        try
        {
            string path = Path.Combine(folder, "a.png");
            File.WriteAllText(path, "old");
            using PngFile png = new(2, 2, s_background);
            png.Save(path);

            Assert.Equal(png.Encode(), File.ReadAllBytes(path));
            Assert.Equal([path], Directory.GetFiles(folder));
            Assert.Throws<UserErrorException>(() => png.Save(Path.Combine(folder, "absent", "b.png")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
