using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class ColorTests
{
    [Fact]
    public void Maps_have_their_ends_and_centre()
    {
        Assert.Equal(new Rgb(5, 48, 97), ColorMap.Diverging.At(0));
        Assert.Equal(Rgb.White, ColorMap.Diverging.At(0.5));
        Assert.Equal(new Rgb(103, 0, 31), ColorMap.Diverging.At(1));
        Assert.Equal(new Rgb(68, 1, 84), ColorMap.Sequential.At(0));
        Assert.Equal(new Rgb(33, 145, 140), ColorMap.Sequential.At(0.5));
        Assert.Equal(new Rgb(253, 231, 37), ColorMap.Sequential.At(1));
        Assert.Equal(ColorMap.Sequential.At(1), ColorMap.Sequential.At(7));
        Assert.Equal(ColorMap.NotANumber, ColorMap.Sequential.At(double.NaN));
    }

    [Fact]
    public void Sequential_colours_only_get_lighter()
    {
        double last = -1;
        for (int i = 0; i <= 1000; i++)
        {
            Rgb c = ColorMap.Sequential.At(i / 1000.0);
            double luma = (0.2126 * c.R) + (0.7152 * c.G) + (0.0722 * c.B);
            Assert.True(luma > last - 0.8, $"{i}: {luma} after {last}");
            last = luma;
        }
    }

    [Fact]
    public void Signed_scale_is_symmetric_and_shows_zero_white()
    {
        ColorScale scale = new([-0.5f, 0.25f, float.NaN, float.PositiveInfinity], signed: true);
        Assert.Equal((-0.5, 0.5), (scale.Low, scale.High));
        Assert.Equal(Rgb.White, scale.At(0));
        Assert.Equal(ColorMap.Diverging.At(0), scale.At(-0.5));
        Assert.Equal(ColorMap.Diverging.At(0.75), scale.At(0.25));
        Assert.Equal(["-0.4", "-0.2", "0", "0.2", "0.4"], scale.Ticks().Select(tick => tick.Text));
    }

    [Fact]
    public void Absolute_scale_starts_at_zero()
    {
        ColorScale scale = new([0.012f, 0], signed: false);
        Assert.Equal(0, scale.Low);
        Assert.Equal(ColorMap.Sequential.At(0), scale.At(0));
        Assert.Equal(["0", "0.005", "0.010"], scale.Ticks().Select(tick => tick.Text));
    }

    [Fact]
    public void Map_of_zeros_has_the_colour_and_the_tick_of_zero()
    {
        ColorScale scale = new(new float[4], signed: true);
        Assert.True(scale.IsZero);
        Assert.Equal(Rgb.White, scale.At(0));
        Assert.Equal("0", Assert.Single(scale.Ticks()).Text);
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(3.3e-7f)]
    [InlineData(0.1f)]
    [InlineData(1)]
    [InlineData(9.99f)]
    [InlineData(4.2e20f)]
    public void Ticks_of_any_size_are_few_short_distinct_and_inside(float largest)
    {
        foreach (bool signed in new[] { false, true })
        {
            ColorScale scale = new([largest], signed);
            IReadOnlyList<(double Value, string Text)> ticks = scale.Ticks();
            Assert.InRange(ticks.Count, 3, 9);
            Assert.Equal(ticks.Count, ticks.Select(tick => tick.Text).Distinct().Count());
            Assert.All(ticks, tick => Assert.InRange(tick.Value, scale.Low * (1 + 1e-9), scale.High * (1 + 1e-9)));
            Assert.All(ticks, tick => Assert.True(tick.Text.Length <= 8, tick.Text));
        }
    }
}
