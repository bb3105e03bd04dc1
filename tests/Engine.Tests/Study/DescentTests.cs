using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Study;

public sealed class DescentTests
{
    private static readonly int[] s_sizes = [1, 2, 4, 8, 16];
    private static readonly double[] s_training = [0.2, 0.15, 0.03, 0.01, 0];

    [Fact]
    public void The_curve_has_a_threshold_a_peak_and_what_lies_on_both_sides_of_it()
    {
        Descent descent = Assert.Single(Descent.Of(Tables([0.11, 0.14, 0.2, 0.16, 0.15], spread: 0.01)));
        Assert.Equal(s_sizes, descent.Sizes.Select(size => size.Hidden));
        Assert.Equal((8, 1, 4, 16), (descent.Threshold, descent.Least.Hidden, descent.Peak.Hidden, descent.Last.Hidden));
        Assert.True(descent.FallsAgain);
        Assert.Equal(
            "4v9: all labels are fitted (training error at most 0.01) from H = 8 on; the validation error rises from 0.110 \u00b1 0.010 "
                + "(H = 1) to 0.200 \u00b1 0.010 (H = 4) and falls to 0.150 \u00b1 0.010 (H = 16) beyond, more than models differ by their "
                + "seed.",
            descent.Say());
    }

    [Fact]
    public void A_fall_within_the_spread_and_a_curve_without_one_are_told_as_such()
    {
        Descent within = Assert.Single(Descent.Of(Tables([0.11, 0.14, 0.2, 0.16, 0.15], spread: 0.04)));
        Assert.False(within.FallsAgain);
        Assert.EndsWith("beyond, no more than models differ by their seed.", within.Say());
        Descent rising = Assert.Single(Descent.Of(Tables([0.11, 0.12, 0.13, 0.14, 0.15], spread: 0.01)));
        Assert.False(rising.FallsAgain);
        Assert.EndsWith("(H = 16) and is largest at the largest size that was tried.", rising.Say());
        Descent falling = Assert.Single(Descent.Of(Tables([0.2, 0.16, 0.15, 0.14, 0.13], spread: 0.01)));
        Assert.Contains("is largest at the smallest size, 0.200 \u00b1 0.010 (H = 1), and falls to 0.130", falling.Say());
    }

    [Fact]
    public void Without_label_noise_or_with_few_sizes_there_is_no_curve_and_a_size_that_fits_by_chance_is_no_threshold()
    {
        StudyTables tables = Tables([0.11, 0.14, 0.2, 0.16, 0.15], spread: 0.01);
        Assert.Empty(Descent.Of(tables with { Shown = tables.Shown with { How = tables.Shown.How with { LabelNoise = 0 } } }));
        Assert.Empty(Descent.Of(tables with { Results = [.. tables.Results.Where(row => row.Kind.Hidden > 1)] }));
        Descent late = Assert.Single(Descent.Of(tables with
        {
            Results = [.. tables.Results.Select(row => row.Kind.Hidden == 8
                ? row with { Train = row.Train with { Accuracy = 0.9 } }
                : row.Kind.Hidden == 4 ? row with { Train = row.Train with { Accuracy = 1 } } : row)],
        }));
        Assert.Equal(16, late.Threshold);
    }

    // Three seeds each: the error, and a spread above and below it.
    private static StudyTables Tables(double[] validation, double spread)
    {
        ModelKind kind = SampleStudy.Kind("4v9", 4) with { How = StudyFigures.Training with { LabelNoise = 0.2 } };
        return SampleStudy.True() with
        {
            Shown = kind,
            Results =
            [
                .. from i in Enumerable.Range(0, s_sizes.Length)
                   from seed in Enumerable.Range(0, 3)
                   let row = SampleStudy.Result(kind with { Hidden = s_sizes[i] }, seed, 0.9)
                   select row with
                   {
                       Train = row.Train with { Accuracy = 1 - s_training[i] },
                       Validation = row.Validation with { Accuracy = 1 - validation[i] - ((seed - 1) * spread) },
                   },
            ],
        };
    }
}
