using CsCheck;
using GpuMlp.Engine.Fields;

namespace GpuMlp.Engine.Tests.Fields;

public sealed class NumberRangesTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("5", "5")]
    [InlineData("3 7 8 9", "3,7-9")]
    [InlineData("0 1 2 4 6 7", "0-2,4,6-7")]
    public void Consecutive_numbers_are_one_range(string numbers, string expected) =>
        Assert.Equal(expected, NumberRanges.Of(numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)));

    [Fact]
    public void Ranges_hold_every_number_once() =>
        Gen.Int[0, 60].HashSet[0, 40].Sample(set =>
            Assert.Equal(
                set.Order(),
                NumberRanges.Ranges(set.Order()).SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1))));

    [Fact]
    public void A_long_list_is_cut_and_counted()
    {
        int[] even = [.. Enumerable.Range(0, 1000).Select(i => 2 * i)];
        string text = NumberRanges.Cut(even, 10);
        Assert.Equal("0,2,4,6,8,10,... (1000 in all)", text);
        Assert.Equal("0-9", NumberRanges.Cut([.. Enumerable.Range(0, 10)], 1));
    }
}
