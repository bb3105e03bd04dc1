using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

public sealed class Mnist1DSourceTests
{
    /// <summary>Integers alone decide it, so that it is the same on every machine; another hash is other data of the same name.</summary>
    private const string
        Sha256 = "bdb73e77beb545eee9881448290625adea3541af5c6e2657d77cbc151b421f5d",
        TestSha256 = "48013f1176453551a15f579be39c666e9e4b9d65059632fbcb6970df58190ff7";

    private static readonly Dataset s_data = DatasetLoader.Load("mnist-1d");

    [Fact]
    public void It_is_the_same_everywhere() => Assert.Equal((Sha256, TestSha256), (s_data.Sha256, s_data.Test!.Sha256));

    [Fact]
    public void It_has_5000_signals_of_40_positions_in_ten_classes_of_one_size()
    {
        Assert.Equal(
            ("mnist-1d", DataForm.Signal, 4000, 1, 40, 10),
            (s_data.Name, s_data.Form, s_data.Images, s_data.Rows, s_data.Columns, s_data.Classes));
        Assert.All(s_data.ImagesOf, count => Assert.Equal(400, count));
        Assert.All(Enumerable.Range(0, 10), label => Assert.Equal(100, s_data.Test!.Labels.Count(one => one == label)));
    }

    [Fact]
    public void No_two_signals_are_the_same_and_test_signals_are_others() =>
        Assert.Equal(5000, s_data.Pixels.Chunk(40).Concat(s_data.Test!.Pixels.Chunk(40)).Select(Convert.ToHexString).Distinct().Count());

    [Fact]
    public void Levels_reach_far_and_are_seldom_cut()
    {
        Assert.InRange(s_data.Pixels.Count(level => level is 0 or 255), 0, 40);
        Assert.InRange(s_data.Pixels.Min(), 0, 60);
        Assert.InRange(s_data.Pixels.Max(), 200, 255);
    }
}
