using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Tests.Methods;

public sealed class CorruptionNamesTests
{
    [Fact]
    public void Every_corruption_reads_back_from_its_name()
    {
        foreach (CorruptionKind kind in CorruptionKind.All)
        {
            foreach (double severity in new[] { 0, 1e-5, 0.1, 7, 200 })
                Assert.Equal(new Corruption(kind, severity), CorruptionNames.Find(CorruptionNames.Name(new Corruption(kind, severity))));
        }
    }

    [Fact]
    public void A_list_keeps_its_order_and_a_bare_kind_takes_the_severities_of_the_study() => Assert.Equal(
        [new(CorruptionKind.Blur, 1.5), new(CorruptionKind.Occlusion, 7), new(CorruptionKind.SaltPepper, 0.5)],
        CorruptionNames.Parse("--corruption", "blur:1.5, occlusion,salt-pepper:0.5", Presets.Paper.Corruptions));

    [Theory]
    [InlineData("")]
    [InlineData("blur:")]
    [InlineData("blur:x")]
    [InlineData("blur:1:2")]
    [InlineData("blur:NaN")]
    [InlineData("bluer:1")]
    [InlineData("saltpepper:0.1")]
    [InlineData("blur:1,,occlusion")]
    public void What_is_no_corruption_is_told_in_one_line_with_the_flag(string text)
    {
        UserErrorException e = Assert.Throws<UserErrorException>(() => CorruptionNames.Parse("--corruption", text, []));
        Assert.StartsWith("--corruption: '", e.Message);
        Assert.Contains(CorruptionNames.Right, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("occlusion", 1.5, "a whole number 0..256")]
    [InlineData("gaussian", -1, "0..10")]
    [InlineData("salt-pepper", 2, "0..1")]
    [InlineData("rotation", 181, "0..180 (degrees)")]
    [InlineData("rotation", 180, null)]
    public void A_severity_out_of_range_is_told_with_the_right_ones(string name, double severity, string? right)
    {
        string? problem = CorruptionNames.Problem(new Corruption(CorruptionKind.Find(name)!, severity));
        if (right is null)
            Assert.Null(problem);
        else
            Assert.Contains(right, problem);
    }
}
