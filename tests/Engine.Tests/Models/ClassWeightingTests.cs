using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Tests.Models;

public sealed class ClassWeightingTests
{
    [Theory]
    [InlineData("none", "none")]
    [InlineData("balanced", "balanced")]
    [InlineData("1:3", "1:3")]
    [InlineData("01:3.50:1e-6", "1:3.5:1e-06")]
    public void A_weighting_is_read_as_it_is_written(string text, string name)
    {
        Assert.True(ClassWeighting.TryParse(text, out ClassWeighting weighting));
        Assert.Equal(name, weighting.Name);
        Assert.True(ClassWeighting.TryParse(name, out ClassWeighting again));
        Assert.Equal(weighting, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("equal")]
    [InlineData("3")]
    [InlineData("1:")]
    [InlineData("1:0")]
    [InlineData("1:-1")]
    [InlineData("1:NaN")]
    [InlineData("1:2000000")]
    public void Anything_else_is_none(string text) => Assert.False(ClassWeighting.TryParse(text, out _));

    [Fact]
    public void Balanced_weights_make_classes_count_alike()
    {
        byte[] labels = [0, 0, 0, 2, 2, 0, 1, 0];
        float[] weights = ClassWeighting.Balanced.Of(labels, 3);
        Assert.Equal([8f / 15, 8f / 3, 8f / 6], weights);
        Assert.Empty(ClassWeighting.None.Of(labels, 3));
        Assert.True(ClassWeighting.TryParse("2:0.5:1", out ClassWeighting own));
        Assert.Equal([2, 0.5f, 1], own.Of(labels, 3));
    }
}
