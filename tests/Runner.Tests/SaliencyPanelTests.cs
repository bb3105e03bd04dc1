using GpuMlp.Kernels.Saliency;
using GpuMlp.Engine.Data;
using GpuMlp.Runner.Png;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class SaliencyPanelTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(256, 256)]
    [InlineData(1, 256)]
    [InlineData(256, 1)]
    [InlineData(5, 40)]
    public void Any_image_size_gives_a_panel_of_bounded_size(int rows, int columns)
    {
        SaliencyPicture picture = Picture(rows, columns);
        foreach (SaliencyMethod method in Enum.GetValues<SaliencyMethod>())
        {
            Rgb[,] pixels = PngDecoder.Decode(new SaliencyPanel("t", method, picture, picture).Encode());
            Assert.InRange(pixels.GetLength(1), 1000, 1400);
            Assert.InRange(pixels.GetLength(0), 250, 600);
        }
    }

    [Fact]
    public void Every_pixel_of_the_image_and_of_its_map_is_there_unblurred()
    {
        const int Side = 28, Enlarged = 9;
        SaliencyPicture picture = Picture(Side, Side);
        Rgb[,] pixels = PngDecoder.Decode(new SaliencyPanel("t", SaliencyMethod.ProbabilityGradient, picture, null).Encode());
        ColorScale scale = new(picture.Map, signed: true);
        AssertHolds(pixels, [.. picture.Pixels.Select(Rgb.Grey)], Side, Enlarged);
        AssertHolds(pixels, [.. picture.Map.Select(value => scale.At(value))], Side, Enlarged);
    }

    [Fact]
    public void The_same_input_gives_the_same_bytes()
    {
        SaliencyPanel panel = new("4v9, H = 24, seed 42", SaliencyMethod.ProbabilityGradient, Picture(28, 28), null);
        Assert.Equal(panel.Encode(), panel.Encode());
    }

    [Fact]
    public void A_model_without_a_mistake_has_a_panel_that_says_so()
    {
        SaliencyPicture picture = Picture(28, 28);
        byte[] both = new SaliencyPanel("t", SaliencyMethod.ProbabilityGradient, picture, picture).Encode();
        byte[] one = new SaliencyPanel("t", SaliencyMethod.ProbabilityGradient, picture, null).Encode();
        Rgb[,] pixels = PngDecoder.Decode(one);

        Assert.NotEqual(both, one);
        int right = pixels.GetLength(1) / 2;
        Assert.Contains(pixels.Cast<Rgb>().Select((c, i) => (c, x: i % pixels.GetLength(1))), p => p.x > right && p.c.R < 150);
        _ = new SaliencyPanel("t", SaliencyMethod.ProbabilityGradient, null, null).Encode();
    }

    [Fact]
    public void Maps_of_zeros_and_of_nan_are_drawn()
    {
        SaliencyPicture zero = Picture(3, 3) with { Map = new float[9] };
        SaliencyPicture nan = zero with { Map = [.. Enumerable.Repeat(float.NaN, 9)] };
        Rgb[,] pixels = PngDecoder.Decode(new SaliencyPanel("t", SaliencyMethod.Perturbation, zero, nan).Encode());
        Assert.Contains(ColorMap.Sequential.At(0), pixels.Cast<Rgb>());
        Assert.Contains(ColorMap.NotANumber, pixels.Cast<Rgb>());
    }

    [Fact]
    public void Pixels_and_map_must_fit_the_size()
    {
        SaliencyPicture wrong = Picture(3, 3) with { Map = new float[8] };
        Assert.Throws<ArgumentException>(() => new SaliencyPanel("t", SaliencyMethod.ProbabilityGradient, wrong, null).Encode());
    }

    [Fact]
    public void Caption_names_image_classes_and_probability() =>
        Assert.Equal(
            "training image 123\ntrue 4, predicted 9\np(9) = 0.568",
            SaliencyPicture.Describe(123, 4, 9, 0.5678, 9, ClassNames.None));

    [Fact]
    public void Caption_names_classes_where_they_have_names() =>
        Assert.Equal(
            "training image 5\ntrue 0 (cat), predicted 1 (dog)\np(1) = 0.750",
            SaliencyPicture.Describe(5, 0, 1, 0.75, 1, new ClassNames(["cat", "dog"])));

    /// <summary>Every pixel its own value, positive and negative.</summary>
    private static SaliencyPicture Picture(int rows, int columns) => new(
        "classified correctly",
        [.. Enumerable.Range(0, rows * columns).Select(i => (byte)(i * 31))],
        rows,
        columns,
        [.. Enumerable.Range(0, rows * columns).Select(i => MathF.Sin(i * 0.7f) * 0.01f)],
        SaliencyPicture.Describe(1, 4, 9, 0.25, 9, ClassNames.None));

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
