using CsCheck;
using GpuMlp.Engine.Splits;

namespace GpuMlp.Engine.Tests.Splits;

public sealed class TaskListTests
{
    [Fact]
    public void A_list_keeps_its_order()
    {
        PairTask[] expected = [new(4, 9), new(0, 1), new(9, 4)];
        Assert.Equal(expected, TaskList.Parse(" 4v9, 0v1,9v4 ", 10));
    }

    [Fact]
    public void All_is_every_pair_in_order()
    {
        PairTask[] expected = [new(0, 1), new(0, 2), new(0, 3), new(1, 2), new(1, 3), new(2, 3)];
        Assert.Equal(expected, TaskList.Parse("all", 4));
        Assert.Equal(45, TaskList.Parse("all", 10).Count);
        Assert.Equal(32_640, TaskList.Parse("all", 256).Distinct().Count());
    }

    [Theory]
    [InlineData("0v1,4v9,0v1", "--tasks: 0v1 is given twice; give each task once.")]
    [InlineData("0v1,01v0,1v0", "--tasks: 1v0 is given twice; give each task once.")]
    [InlineData("0v1,4v10", "--tasks: 4v10 names class 10, but the data set has classes 0 to 9.")]
    [InlineData("10v4", "--tasks: 10v4 names class 10, but the data set has classes 0 to 9.")]
    [InlineData("", "--tasks: '' is not a task; give two different classes as in 4v9, a list as in 0v1,4v9, or all.")]
    [InlineData("0v1,", "--tasks: '' is not a task;")]
    [InlineData("3v3", "--tasks: '3v3' is not a task;")]
    [InlineData("0-1", "--tasks: '0-1' is not a task;")]
    [InlineData("0v1v2", "--tasks: '0v1v2' is not a task;")]
    [InlineData("-1v2", "--tasks: '-1v2' is not a task;")]
    [InlineData("0v256", "--tasks: '0v256' is not a task;")]
    [InlineData("all,0v1", "--tasks: 'all' is not a task;")]
    [InlineData("a\nb", "--tasks: 'a?b' is not a task;")]
    public void A_fault_is_named_with_the_flag(string text, string message)
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(() => TaskList.Parse(text, 10));
        Assert.StartsWith(message, fault.Message);
        Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
    }

    [Fact]
    public void A_long_fault_is_cut() =>
        Assert.InRange(Assert.Throws<UserErrorException>(() => TaskList.Parse(new string('x', 100_000), 10)).Message.Length, 1, 400);

    [Fact]
    public void What_is_written_is_read_back()
    {
        Gen<PairTask> task = Gen.Select(Gen.Int[0, 255], Gen.Int[1, 255], (first, step) => new PairTask(first, (first + step) % 256));
        task.Array[1, 20].Select(tasks => tasks.Distinct().ToArray()).Sample(tasks =>
            Assert.Equal(tasks, TaskList.Parse(string.Join(',', tasks), 256)));
    }

    [Fact]
    public void Any_text_gives_tasks_or_a_user_error() => Gen.OneOf(Gen.String, Gen.String["0129v, al"]).Sample(text =>
    {
        try
        {
            Assert.NotEmpty(TaskList.Parse(text, 10));
        }
        catch (UserErrorException fault)
        {
            Assert.DoesNotContain(fault.Message, char.IsControl);
        }
    });
}
