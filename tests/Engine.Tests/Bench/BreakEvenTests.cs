using CsCheck;
using GpuMlp.Engine.Bench;

namespace GpuMlp.Engine.Tests.Bench;

public sealed class BreakEvenTests
{
    [Fact]
    public void A_form_that_never_wins_has_no_level() =>
        Assert.Equal(BreakEvenKind.Never, BreakEven.Find([(0, 0.2), (0.5, 0.4), (0.99, 0.999)]).Kind);

    [Fact]
    public void A_form_that_always_wins_needs_no_level() => Assert.Equal("always", BreakEven.Find([(0.99, 5), (0, 1)]).ToString());

    [Fact]
    public void Between_two_levels_time_falls_linearly()
    {
        // 1 / speed-up goes from 1.5 at 0.5 to 0.5 at 0.9: 1 is half way.
        var found = BreakEven.Find([(0.9, 2), (0, 0.25), (0.5, 1 / 1.5)]);
        Assert.Equal(BreakEvenKind.At, found.Kind);
        Assert.Equal(0.7, found.Sparsity, 12);
        Assert.Equal("0.70", found.ToString());
    }

    [Fact]
    public void A_gain_within_the_spread_is_unclear_and_no_break_even()
    {
        BreakEven gain = BreakEven.Find([(0, 0.5), (0.9, 1.2)]), none = BreakEven.Find([(0, 0.4), (0.9, 0.9)]);
        Assert.Equal("unclear", BreakEven.Sure(none, gain).ToString());
        Assert.Equal("never", BreakEven.Sure(none, none).ToString());
        Assert.Equal(gain, BreakEven.Sure(gain, gain));
    }

    [Fact]
    public void A_gain_that_is_lost_again_does_not_count()
        => Assert.Equal(0.8, BreakEven.Find([(0, 0.5), (0.5, 1.5), (0.7, 0.5), (0.9, double.PositiveInfinity)]).Sparsity, 12);

    [Fact]
    public void A_linear_cost_is_found_exactly_whatever_the_levels() =>
        Gen.Select(Gen.Double[0.05, 0.95], Gen.Double[0.1, 3], Gen.Int[2, 9]).Sample((level, slope, count) =>
        {
            // The form takes 1 + slope (level - s) of the dense time.
            var curve = Enumerable.Range(0, count).Select(i => (double)i / (count - 1))
                .Select(s => (s, 1 / Math.Max(1 + (slope * (level - s)), 1e-9)));
            var found = BreakEven.Find(curve);
            Assert.Equal(BreakEvenKind.At, found.Kind);
            double nextLevel = Math.Ceiling(level * (count - 1)) / (count - 1);
            if (1 + (slope * (level - nextLevel)) > 1e-9)
                Assert.Equal(level, found.Sparsity, 6);
        });

    [Theory]
    [InlineData(10, 5, 3, 5)]
    [InlineData(10, 5, 2, 4)]
    [InlineData(0.1, 5, 2, 1)]
    public void Uses_repay_a_conversion_by_what_each_saves(double conversion, double dense, double form, long uses) =>
        Assert.Equal(uses, BreakEven.Uses(conversion, dense, form));

    [Fact]
    public void A_form_that_saves_nothing_never_repays() => Assert.Null(BreakEven.Uses(1, 5, 5));

    [Fact]
    public void No_points_and_no_speed_are_refused()
    {
        Assert.Throws<ArgumentException>(() => BreakEven.Find([]));
        Assert.Throws<ArgumentException>(() => BreakEven.Find([(0, double.NaN)]));
    }
}
