using CsCheck;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Engine.Tests.Fields;

public sealed class ListFlagsTests
{
    [Theory]
    [InlineData("2,4,8", new[] { 2, 4, 8 })]
    [InlineData("8, 2", new[] { 8, 2 })]
    [InlineData("0..3", new[] { 0, 1, 2, 3 })]
    [InlineData("5..5", new[] { 5 })]
    [InlineData("2..64*2", new[] { 2, 4, 8, 16, 32, 64 })]
    [InlineData("2..60*2", new[] { 2, 4, 8, 16, 32 })]
    [InlineData("2..9+3", new[] { 2, 5, 8 })]
    [InlineData("1,4..6,10..30+10", new[] { 1, 4, 5, 6, 10, 20, 30 })]
    [InlineData("2147483647", new[] { int.MaxValue })]
    [InlineData("2147483646..2147483647", new[] { int.MaxValue - 1, int.MaxValue })]
    [InlineData("1..2147483647*2147483647", new[] { 1, int.MaxValue })]
    public void Integer_lists_and_ranges_are_read_in_the_order_written(string text, int[] expected) =>
        Assert.Equal(expected, ListFlags.Integers("--hidden", text, 0, int.MaxValue));

    [Theory]
    [InlineData("1e-4,0.03", new[] { 1e-4, 0.03 })]
    [InlineData("1e-4..0.1*10", new[] { 1e-4, 1e-3, 1e-2, 0.1 })]
    [InlineData("0.1..2.7*3", new[] { 0.1, 0.3, 0.9, 2.7 })]
    [InlineData("1..9*2", new[] { 1.0, 2, 4, 8 })]
    [InlineData("1..1e+2*10", new[] { 1.0, 10, 100 })]
    public void Number_lists_and_ranges_hold_the_numbers_that_people_mean(string text, double[] expected) =>
        Assert.Equal(expected, ListFlags.Doubles("--lr", text, 0, double.MaxValue));

    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("2,,4")]
    [InlineData("x")]
    [InlineData("1.5")]
    [InlineData("2..")]
    [InlineData("..2")]
    [InlineData("2..8*")]
    [InlineData("2..8*1")]
    [InlineData("0..8*2")]
    [InlineData("2..8+0")]
    [InlineData("2..8*2*2")]
    [InlineData("9..0")]
    [InlineData("2,4,2")]
    [InlineData("1..3,2")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    [InlineData("0..2000000000")]
    [InlineData("0..2000000000,0..2000000000")]
    public void A_wrong_integer_list_gives_one_line_that_names_the_flag(string text) =>
        AssertOneLine("--seeds: ", () => ListFlags.Integers("--seeds", text, 0, int.MaxValue));

    [Theory]
    [InlineData("nan")]
    [InlineData("inf")]
    [InlineData("1e999")]
    [InlineData("0.1..1")]
    [InlineData("0.1..1+0.1")]
    [InlineData("0.1..1*1")]
    [InlineData("0..1*2")]
    [InlineData("1..0.1*2")]
    [InlineData("0.1,1e-1")]
    [InlineData("1e-300..1e300*1.000001")]
    public void A_wrong_number_list_gives_one_line_that_names_the_flag(string text) =>
        AssertOneLine("--lr: ", () => ListFlags.Doubles("--lr", text, 0, double.MaxValue));

    [Fact]
    public void Batches_are_full_or_numbers_or_ranges()
    {
        Assert.Equal([null], new WholeOrWordItem("full").Parse("--batch", "full"));
        Assert.Equal([32, null, 64, 128], new WholeOrWordItem("full").Parse("--batch", "32, full,64..128*2"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("full,")]
    [InlineData("fulll")]
    [InlineData("full,full")]
    [InlineData("32,16..32*2")]
    [InlineData("0")]
    [InlineData("1e3")]
    [InlineData("-1")]
    public void A_wrong_list_of_batches_gives_one_line_that_names_the_flag(string text) =>
        AssertOneLine("--batch: ", () => new WholeOrWordItem("full").Parse("--batch", text));

    [Fact]
    public void Bounds_are_those_of_the_caller()
    {
        UserErrorException e = AssertOneLine("--hidden: ", () => ListFlags.Integers("--hidden", "1025", 1, 1024));
        Assert.Contains("1..1024", e.Message);
    }

    [Fact]
    public void Any_list_of_different_integers_reads_back_as_itself() =>
        Gen.Int[0, 100_000].HashSet[1, 50].Select(items => items.ToArray()).Sample(items =>
            Assert.Equal(items, ListFlags.Integers("--seeds", string.Join(',', items), 0, 100_000)));

    [Fact]
    public void No_text_at_all_ends_in_anything_but_a_list_or_a_user_error() =>
        Gen.String[Gen.Char["0123456789.,*+-eE v"], 0, 12].Sample(text =>
        {
            try
            {
                Assert.NotEmpty(ListFlags.Integers("--seeds", text, 0, 100_000));
            }
            catch (UserErrorException)
            {
            }

            try
            {
                Assert.All(ListFlags.Doubles("--lr", text, 1e-9, 1e9), value => Assert.InRange(value, 1e-9, 1e9));
            }
            catch (UserErrorException)
            {
            }
        });

    private static UserErrorException AssertOneLine(string start, Func<object> action)
    {
        UserErrorException e = Assert.Throws<UserErrorException>(action);
        Assert.StartsWith(start, e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
        return e;
    }
}
