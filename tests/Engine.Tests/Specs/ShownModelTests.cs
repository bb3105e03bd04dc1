using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Tests.Specs;

public sealed class ShownModelTests
{
    private static readonly SweepSpec s_spec = Presets.Paper.WithoutRates();

    [Fact]
    public void Of_the_study_it_is_the_studys_example() =>
        Assert.Equal(new ShownModel(new ClassTask(4, 9), 0, 0, new ModelSpec(24, 0.03)), ShownModel.Of(Presets.Paper));

    [Theory]
    [InlineData(new[] { 0.01, 0.03 }, 0.03)]
    [InlineData(new[] { 0.3, 0.01, 0.1 }, 0.01)]
    [InlineData(new[] { 1e30, 1 }, 1.0)]
    [InlineData(new[] { 0.06, 0.015 }, 0.015)]
    public void The_rate_is_the_studys_or_the_nearest_by_ratio(double[] rates, double shown) =>
        Assert.Equal(shown, ShownModel.Of(s_spec with { LearningRates = rates }).Model.LearningRate);

    [Theory]
    [InlineData(new[] { 64, 24, 2 }, 24)]
    [InlineData(new[] { 32, 16 }, 16)]
    [InlineData(new[] { 128, 64 }, 64)]
    public void The_size_is_the_studys_or_the_nearest(int[] sizes, int shown) =>
        Assert.Equal(shown, ShownModel.Of(s_spec with { Hidden = sizes }).Model.Hidden);

    [Fact]
    public void The_task_is_the_hardest_of_the_studys_or_the_first_and_the_seed_the_first()
    {
        ClassTask easy = new(0, 1), hard = new(3, 8), other = new(2, 7);
        Assert.Equal(hard, ShownModel.Of(s_spec with { Tasks = [other, hard, easy] }).Task);
        Assert.Equal(other, ShownModel.Of(s_spec with { Tasks = [other, new ClassTask(6, 8)] }).Task);
        Assert.Equal(7, ShownModel.Of(s_spec with { Seeds = [7, 0] }).Seed);
    }

    [Fact]
    public void The_training_is_the_studys_wherever_it_stands_or_the_first()
    {
        SweepSpec ways = s_spec with { Batches = [32, null], Epochs = [20, 100], InitStds = [0.03, 0.1], WeightDecays = [1e-3, 0] };
        Assert.Equal(new TrainingVariant(null, 100, 0.1, 0), ways.Variants()[ShownModel.Of(ways).Variant]);
        Assert.Equal(0, ShownModel.Of(ways with { Batches = [32] }).Variant);
    }

    [Fact]
    public void Other_data_without_the_presets_pairs_embed_the_task_that_is_shown()
    {
        SweepSpec other = s_spec with { Tasks = [new ClassTask(0, 1), new ClassTask(3, 8)] };
        Assert.Equal([ShownModel.Of(other).Task], other.WithFittedEmbedding(otherData: true).Embedding);
    }
}
