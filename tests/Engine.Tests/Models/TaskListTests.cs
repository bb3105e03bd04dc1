using CsCheck;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Tests.Models;

public sealed class TaskListTests
{
    private static readonly ClassNames s_names = new(["cat", "dog", "cow", "beavervelk", "elk"]);

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
        (IReadOnlyList<PairTask> tasks, string? leftOut) = TaskList.All(Labelled(5, 5, 5, 5));
        Assert.Equal(expected, tasks);
        Assert.Null(leftOut);
        Assert.Equal(45, TaskList.All(DatasetLoader.Load(null)).Tasks.Count);
        Assert.Equal(32_640, TaskList.All(Labelled([.. Enumerable.Repeat(5, 256)])).Tasks.Distinct().Count());
    }

    [Fact]
    public void All_takes_the_classes_with_images_enough_and_names_the_others()
    {
        (IReadOnlyList<PairTask> tasks, string? leftOut) = TaskList.All(Labelled(0, 5, 4, 9, 0, 0, 1, 5));
        Assert.Equal([new(1, 3), new(1, 7), new(3, 7)], tasks);
        Assert.Equal("classes left out: with fewer than 5 images 2 (4), 6 (1); without images 0,4-5", leftOut);
        Assert.Equal("classes left out: without images 0", TaskList.All(Labelled(0, 5, 5)).LeftOut);
    }

    [Fact]
    public void Fewer_than_two_classes_with_images_enough_are_an_error() => Assert.Equal(
        "--tasks: 1 of the 3 classes of data set 'test' have images enough; at least 5 of each of two classes are needed.",
        Assert.Throws<UserErrorException>(() => TaskList.All(Labelled(4, 5, 4))).Message);

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

    [Theory]
    [InlineData("catvdog", "0v1")]
    [InlineData("DogvCat,0v2", "1v0 0v2")]
    [InlineData("beavervelkvcat", "3v0")]
    [InlineData(" dogvelk ", "1v4")]
    public void Classes_that_have_names_can_be_named(string text, string tasks) =>
        Assert.Equal(tasks, string.Join(' ', TaskList.Parse(text, 5, names: s_names)));

    [Theory]
    [InlineData("catvcows", "--tasks: 'catvcows' is not a task; give two different classes as in 4v9, a list as in 0v1,4v9, or all, or two "
        + "names as in catvdog.")]
    [InlineData("catvcat", "--tasks: 'catvcat' is not a task;")]
    [InlineData("avvvb", "--tasks: 'avvvb' can be read as 0v1 and as 2v3; must be one of these.")]
    public void A_name_that_is_none_and_one_that_is_two_are_refused(string text, string message)
    {
        ClassNames names = text == "avvvb" ? new(["a", "vvb", "av", "vb"]) : s_names;
        Assert.StartsWith(message, Assert.Throws<UserErrorException>(() => TaskList.Parse(text, 5, names: names)).Message);
        Assert.False(TaskList.TryRead(text, names, out _));
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

    /// <summary>So many images of each class.</summary>
    private static Dataset Labelled(params int[] images)
    {
        byte[] labels = [.. images.SelectMany((count, label) => Enumerable.Repeat((byte)label, count))];
        return new Dataset("test", new byte[labels.Length], labels, 1, 1, images.Length, "unused");
    }
}
