using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class PngBytesTests
{
    private const int Width = 37, Height = 11;

    [Theory]
    [InlineData(0)]
    [InlineData(12)]
    public void A_picture_comes_back_pixel_by_pixel_from_rows_with_room_behind_them(int room)
    {
        byte[] rows = Rows(room);
        byte[] png = PngBytes.Encode(Width, Height, rows, (4 * Width) + room);
        Assert.Equal((Width, Height), PngBytes.Size(png));
        Rgb[,] picture = PngDecoder.Decode(png);
        Assert.Equal((Height, Width), (picture.GetLength(0), picture.GetLength(1)));
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int at = (y * ((4 * Width) + room)) + (4 * x);
                Assert.Equal(new Rgb(rows[at], rows[at + 1], rows[at + 2]), picture[y, x]);
            }
        }
    }

    // Four pixels are packed at a time, and the last ones alone.
    [Fact]
    public void A_picture_of_any_width_comes_back_without_its_alpha()
    {
        for (int width = 1; width <= 20; width++)
        {
            byte[] rows = [.. Enumerable.Range(1, 4 * width).Select(i => (byte)i)];
            Rgb[,] picture = PngDecoder.Decode(PngBytes.Encode(width, 1, rows, rows.Length));
            Assert.Equal(
                Enumerable.Range(0, width).Select(x => new Rgb(rows[4 * x], rows[(4 * x) + 1], rows[(4 * x) + 2])), picture.Cast<Rgb>());
        }
    }

    [Fact]
    public void A_file_is_whole_until_any_byte_changes_or_the_last_is_gone()
    {
        byte[] png = PngBytes.Encode(Width, Height, Rows(0), 4 * Width);
        Assert.True(PngBytes.IsWhole(png));
        Assert.False(PngBytes.IsWhole(png.AsSpan(0, png.Length - 1)));
        Assert.False(PngBytes.IsWhole([.. png, 0]));
        for (int i = 0; i < png.Length; i++)
        {
            png[i] ^= 4;
            Assert.False(PngBytes.IsWhole(png), $"byte {i}");
            png[i] ^= 4;
        }
    }

    private static byte[] Rows(int room)
    {
        byte[] rows = new byte[Height * ((4 * Width) + room)];
        new Random(3).NextBytes(rows);
        return rows;
    }
}
