using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Plans;

public sealed class VariantChoiceTests
{
    // Four ways: batch full and 32, of 10 and 20 epochs each.
    private static readonly Plan s_plan = Plan.Create(
        Presets.Quick with { Batches = [null, 32], Epochs = [10, 20] }, SampleRun.DataHash, 784, _ => 9344);

    [Theory]
    [InlineData(null, null, new[] { 0, 1, 2, 3 })]
    [InlineData("32", null, new[] { 2, 3 })]
    [InlineData("full", "20", new[] { 1 })]
    [InlineData("32,full", "10,20", new[] { 0, 1, 2, 3 })]
    public void Ways_to_train_are_chosen_by_their_parts(string? batch, string? epochs, int[] expected)
    {
        var choice = VariantChoice.Parse(batch, epochs, null, null);
        Assert.Equal(expected, choice.Of(s_plan));
        Assert.Equal(batch is null && epochs is null, choice.IsAny);
    }

    [Fact]
    public void One_of_several_is_the_usual_one_where_it_is_among_them()
    {
        var choice = VariantChoice.Parse("32", null, "0.1", "0");
        Assert.Equal((3, 2), (choice.One(s_plan, 3), choice.One(s_plan, 0)));
    }

    [Theory]
    [InlineData("64", null, null, null, "--batch: 64 is not in this run; must be one of full, 32")]
    [InlineData(null, "30", null, null, "--epochs: 30 is not in this run; must be one of 10, 20")]
    [InlineData(null, null, "0.2", null, "--init-std: 0.2 is not in this run; must be one of 0.1")]
    [InlineData(null, null, null, "1e-3", "--weight-decay: 0.001 is not in this run; must be one of 0")]
    public void What_the_run_does_not_have_is_named(string? batch, string? epochs, string? std, string? decay, string message)
    {
        var choice = VariantChoice.Parse(batch, epochs, std, decay);
        Assert.Equal(message, Assert.Throws<UserErrorException>(() => choice.Of(s_plan)).Message);
    }
}
