using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class SaliencySheetTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(256, 256)]
    [InlineData(1, 256)]
    [InlineData(256, 1)]
    [InlineData(5, 40)]
    public void Any_image_size_gives_a_sheet_of_bounded_size(int rows, int columns)
    {
        foreach (SaliencyMethod method in SaliencyMethod.All)
        {
            Rgb[,] pixels = PngDecoder.Decode(Sheet(rows, columns, method, Map(rows * columns)).Encode());
            Assert.InRange(pixels.GetLength(1), 400, 1600);
            Assert.InRange(pixels.GetLength(0), 200, 800);
        }
    }

    [Fact]
    public void Every_pixel_of_the_image_and_of_its_map_is_there_unblurred()
    {
        const int Side = 28, Enlarged = 7;
        float[] map = Map(Side * Side);
        Rgb[,] pixels = PngDecoder.Decode(Sheet(Side, Side, SaliencyMethod.ProbabilityGradient, map).Encode());
        ColorScale scale = new(map, signed: true);
        AssertHolds(pixels, [.. Pixels(Side * Side).Select(Rgb.Grey)], Side, Enlarged);
        AssertHolds(pixels, [.. map.Select(value => scale.At(value))], Side, Enlarged);
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes() => Assert.Equal(
        Sheet(28, 28, SaliencyMethod.SmoothGradient, Map(784)).Encode(), Sheet(28, 28, SaliencyMethod.SmoothGradient, Map(784)).Encode());

    [Fact]
    public void Maps_of_zeros_and_of_nan_are_drawn()
    {
        Rgb[,] pixels = PngDecoder.Decode(
            Sheet(3, 3, SaliencyMethod.Perturbation, new float[9], [.. Enumerable.Repeat(float.NaN, 9)]).Encode());
        Assert.Contains(ColorMap.Sequential.At(0), pixels.Cast<Rgb>());
        Assert.Contains(ColorMap.NotANumber, pixels.Cast<Rgb>());
    }

    [Fact]
    public void Pixels_and_map_must_fit_the_size() =>
        Assert.Throws<ArgumentException>(() => Sheet(3, 3, SaliencyMethod.ProbabilityGradient, new float[8]).Encode());

    [Fact]
    public void A_sheet_without_rows_is_still_a_picture() =>
        PngDecoder.Decode(new SaliencySheet("t", SaliencyMethod.InputGradient, 28, 28, ["image"], []).Encode());

    [Theory]
    [InlineData(64, 2)]
    [InlineData(1, 40)]
    public void The_largest_sheets_that_can_be_asked_for_are_drawn(int rows, int columns)
    {
        string name = $"class 4 ({new string('W', GpuMlp.Engine.Data.ClassNames.Longest)})";
        SheetTile[] tiles = [new(Pixels(784), null, name), .. Enumerable.Range(1, columns - 1)
            .Select(_ => new SheetTile(null, Map(784), "p(9) = 0.5"))];
        SheetRow[] all = [.. Enumerable.Range(0, rows).Select(row => new SheetRow($"image {row}\nof neither class", tiles))];
        string[] heads = ["image", .. Enumerable.Repeat("global 0.123456 %", columns - 1)];
        Rgb[,] pixels = PngDecoder.Decode(new SaliencySheet("t", SaliencyMethod.InputGradient, 28, 28, heads, all).Encode());
        Assert.InRange(pixels.GetLength(0), 300, 16384);
        Assert.InRange(pixels.GetLength(1), 600, 8192);
    }

    /// <summary>Every pixel its own value, positive and negative.</summary>
    private static float[] Map(int inputs) => [.. Enumerable.Range(0, inputs).Select(i => MathF.Sin(i * 0.7f) * 0.01f)];

    private static byte[] Pixels(int inputs) => [.. Enumerable.Range(0, inputs).Select(i => (byte)(i * 31))];

    private static SaliencySheet Sheet(int rows, int columns, SaliencyMethod method, params float[][] maps) => new(
        "4v9, H = 24, seed 42",
        method,
        rows,
        columns,
        ["image", .. maps.Select((_, i) => $"layer {i} %")],
        [new SheetRow(
            "misclassified",
            [new SheetTile(Pixels(rows * columns), null, "image 3"), .. maps.Select(map => new SheetTile(null, map, "p(9) = 0.5"))])]);

    private static void AssertHolds(Rgb[,] pixels, Rgb[] raster, int side, int scale)
    {
        bool At(int top, int left)
        {
            for (int y = 0; y < side * scale; y++)
            {
                for (int x = 0; x < side * scale; x++)
                {
                    if (pixels[top + y, left + x] != raster[(y / scale * side) + (x / scale)])
                    {
                        return false;
                    }
                }
            }

            return true;
        }

        for (int top = 0; top + (side * scale) <= pixels.GetLength(0); top++)
        {
            for (int left = 0; left + (side * scale) <= pixels.GetLength(1); left++)
            {
                if (At(top, left))
                {
                    return;
                }
            }
        }

        Assert.Fail("The raster is nowhere in the picture.");
    }
}
