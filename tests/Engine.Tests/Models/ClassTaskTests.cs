using CsCheck;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Tests.Models;

public sealed class ClassTaskTests
{
    /// <summary>2 to 256 different classes in any order, many of them beside each other.</summary>
    private static readonly Gen<ClassTask> s_tasks = Gen.Select(Gen.Int[0, 255].Array[2, 40], Gen.Int[0, 30]).Select((starts, length) =>
        starts.SelectMany(start => Enumerable.Range(start, length + 1)).Where(one => one < 256).Distinct().ToArray())
        .Where(classes => classes.Length >= 2).Select(classes => new ClassTask(classes));

    [Fact]
    public void What_is_written_is_read_back() => s_tasks.Sample(task =>
    {
        Assert.True(ClassTask.TryParse($"{task}", out ClassTask? read));
        Assert.Equal(task, read);
        Assert.Equal(task.Classes, read.Classes);
        Assert.Equal(task.GetHashCode(), read.GetHashCode());
        Assert.Equal([task], TaskList.Parse($"{task}", 256));
    });

    [Theory]
    [InlineData("4v9", "4v9")]
    [InlineData("0v1v7", "0v1v7")]
    [InlineData("0-9", "0v1v2v3v4v5v6v7v8v9")]
    [InlineData("3-4v0-1", "3v4v0v1")]
    [InlineData("0-11", "0v1v2v3v4v5v6v7v8v9v10v11")]
    [InlineData("0v1v2v3v4v5v6v7v8v9v10v11v12", "0-12")]
    [InlineData("12v13v14v3v1v0v2v4v5v6v7v8v9", "12-14v3v1v0v2v4-9")]
    [InlineData("30-31v0-10", "30v31v0-10")]
    public void More_than_twelve_classes_are_written_as_ranges(string text, string written)
    {
        Assert.True(ClassTask.TryParse(text, out ClassTask? task));
        Assert.Equal(written, $"{task}");
    }

    [Fact]
    public void Tasks_are_equal_by_their_classes_in_order() => Gen.Select(s_tasks, s_tasks).Sample((one, other) =>
    {
        bool same = one.Classes.SequenceEqual(other.Classes);
        Assert.Equal(same, one.Equals(other));
        Assert.Equal((same, !same), (one == other, one != other));
        Assert.Equal(same, $"{one}" == $"{other}");
        Assert.Equal(same, one.Identity == other.Identity);
        Assert.False(one.Equals(null));
    });

    [Fact]
    public void Identities_of_pairs_are_what_they_were_and_those_of_larger_sets_are_no_pair()
    {
        // Initial weights, random pruning and places of t-SNE of every run so far hang on them.
        Assert.Equal((0x0409u, 0x0904u), (new ClassTask(4, 9).Identity, new ClassTask(9, 4).Identity));
        s_tasks.Where(task => !task.IsPair).Sample(task => Assert.InRange(task.Identity, 1u << 30, (1u << 31) - 1));
        Assert.NotEqual(new ClassTask(0, 1, 7).Identity, new ClassTask(0, 7, 1).Identity);
    }

    [Fact]
    public void A_label_is_the_place_of_its_class()
    {
        ClassTask task = new(7, 0, 255);
        Assert.Equal([0, 1, 2], task.Classes.Select(task.LabelOf));
        Assert.Equal((3, false, true, false), (task.Count, task.IsPair, task.Has(255), task.Has(1)));
        Assert.Equal(0, task.LabelOf(1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(1, 256)]
    [InlineData(-1, 2)]
    public void Other_numbers_are_no_task(params int[] classes) => Assert.Throws<ArgumentException>(() => new ClassTask(classes));

    [Fact]
    public void Names_stand_in_titles_of_few_classes()
    {
        ClassNames names = new(["cat", "dog", "cow", "elk"]);
        Assert.Equal("1 (dog) v 0 (cat)", new ClassTask(1, 0).In(names));
        Assert.Equal("0 (cat) v 2 (cow) v 9", new ClassTask(0, 2, 9).In(names));
        Assert.Equal("0v1v2v3", new ClassTask(0, 1, 2, 3).In(names));
        Assert.Equal("0v1v2", new ClassTask(0, 1, 2).In(ClassNames.None));
    }
}
