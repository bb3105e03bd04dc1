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
        ClassTask[] expected = [new(4, 9), new(0, 1), new(9, 4)];
        Assert.Equal(expected, TaskList.Parse(" 4v9, 0v1,9v4 ", 10));
    }

    [Fact]
    public void All_is_every_pair_in_order()
    {
        ClassTask[] expected = [new(0, 1), new(0, 2), new(0, 3), new(1, 2), new(1, 3), new(2, 3)];
        (IReadOnlyList<ClassTask> tasks, string? leftOut) = TaskList.All(Labelled(5, 5, 5, 5));
        Assert.Equal(expected, tasks);
        Assert.Null(leftOut);
        Assert.Equal(45, TaskList.All(DatasetLoader.Load(null)).Tasks.Count);
        Assert.Equal(32_640, TaskList.All(Labelled([.. Enumerable.Repeat(5, 256)])).Tasks.Distinct().Count());
    }

    [Fact]
    public void All_takes_the_classes_with_images_enough_and_names_the_others()
    {
        (IReadOnlyList<ClassTask> tasks, string? leftOut) = TaskList.All(Labelled(0, 5, 4, 9, 0, 0, 1, 5));
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
    [InlineData("", "--tasks: '' is not a task; give different classes as in 4v9 or 0v1v7, a list as in 0v1,4v9, all or all-classes.")]
    [InlineData("0v1,", "--tasks: '' is not a task;")]
    [InlineData("3v3", "--tasks: '3v3' is not a task;")]
    [InlineData("1-0", "--tasks: '1-0' is not a task;")]
    [InlineData("1-1", "--tasks: '1-1' is not a task;")]
    [InlineData("0-9", "--tasks: 0v1v2v3v4v5v6v7v8v9 is given twice; give each task once.", "0v1v2-9,")]
    [InlineData("0-3v2", "--tasks: '0-3v2' is not a task;")]
    [InlineData("0-1-2", "--tasks: '0-1-2' is not a task;")]
    [InlineData("0v1v", "--tasks: '0v1v' is not a task;")]
    [InlineData("0v1v10", "--tasks: 0v1v10 names class 10, but the data set has classes 0 to 9.")]
    [InlineData("-1v2", "--tasks: '-1v2' is not a task;")]
    [InlineData("0v256", "--tasks: '0v256' is not a task;")]
    [InlineData("all,0v1", "--tasks: 'all' is not a task;")]
    [InlineData("a\nb", "--tasks: 'a?b' is not a task;")]
    public void A_fault_is_named_with_the_flag(string text, string message, string before = "")
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(() => TaskList.Parse(before + text, 10));
        Assert.StartsWith(message, fault.Message);
        Assert.Equal(ExitCodes.BadInput, fault.ExitCode);
    }

    [Theory]
    [InlineData("catvdog", "0v1")]
    [InlineData("DogvCat,0v2", "1v0 0v2")]
    [InlineData("beavervelkvcat", "3v0")]
    [InlineData(" dogvelk ", "1v4")]
    [InlineData("catvdogvcow", "0v1v2")]
    [InlineData("ELKvbeavervelkvCat", "4v3v0")]
    public void Classes_that_have_names_can_be_named(string text, string tasks) =>
        Assert.Equal(tasks, string.Join(' ', TaskList.Parse(text, 5, names: s_names)));

    [Theory]
    [InlineData("catvcows", "--tasks: 'catvcows' is not a task; give different classes as in 4v9 or 0v1v7, a list as in 0v1,4v9, all or "
        + "all-classes, or names as in catvdog.")]
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
    public void Names_that_can_be_read_in_more_ways_than_there_is_time_for_are_refused_at_once()
    {
        ClassNames names = new([.. Enumerable.Range(1, 40).Select(length => string.Concat(Enumerable.Repeat("av", length - 1)) + "a")]);
        string text = string.Concat(Enumerable.Repeat("av", 400)) + "b";
        Assert.StartsWith("--tasks: 'avav", Assert.Throws<UserErrorException>(() => TaskList.Parse(text, 40, names: names)).Message);
    }

    [Fact]
    public void All_classes_is_one_task_of_the_classes_with_images_enough()
    {
        Dataset data = Labelled(0, 5, 4, 9, 0, 0, 1, 5);
        ClassTask whole = Assert.Single(TaskList.Read(" all-classes ", data));
        Assert.Equal((new ClassTask(1, 3, 7), "1v3v7"), (whole, $"{whole}"));
        Assert.Equal([new(3, 1), whole], TaskList.Read("3v1,all-classes", data));
        Assert.Equal("0v1v2v3v4v5v6v7v8v9", $"{Assert.Single(TaskList.Read("all-classes", DatasetLoader.Load(null)))}");
        Assert.Equal(TaskList.All(data).LeftOut, TaskList.LeftOut("3v1, all-classes", data));
        Assert.Null(TaskList.LeftOut("3v1", data));
        Assert.Equal(
            "--tasks: 1v3v7 is given twice; give each task once.",
            Assert.Throws<UserErrorException>(() => TaskList.Read("1v3v7,all-classes", data)).Message);
        Assert.StartsWith(
            "--tasks: 1 of the 3 classes",
            Assert.Throws<UserErrorException>(() => TaskList.Read("all-classes", Labelled(4, 5, 4))).Message);
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
