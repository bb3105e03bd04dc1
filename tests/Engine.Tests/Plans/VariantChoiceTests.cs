using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;

namespace GpuMlp.Engine.Tests.Plans;

public sealed class VariantChoiceTests
{
    // Eight ways: batch full and 32, of 10 and 20 epochs each, at a constant rate and at one that falls.
    private static readonly Plan s_plan = Plan.Create(
        Presets.Quick with { Batches = [null, 32], Epochs = [10, 20], Schedules = [RateSchedule.Constant, Schedule("cosine")] },
        SampleRun.DataHash, 784, (_, _) => new(9344));

    [Theory]
    [InlineData(null, null, null, new[] { 0, 1, 2, 3, 4, 5, 6, 7 })]
    [InlineData("32", null, null, new[] { 4, 5, 6, 7 })]
    [InlineData("full", "20", null, new[] { 2, 3 })]
    [InlineData("full", "20", "cosine", new[] { 3 })]
    [InlineData("32,full", "10,20", "constant", new[] { 0, 2, 4, 6 })]
    public void Ways_to_train_are_chosen_by_their_parts(string? batch, string? epochs, string? schedule, int[] expected)
    {
        VariantChoice choice = Choose(("batch", batch), ("epochs", epochs), ("schedule", schedule));
        Assert.Equal(expected.Select(Way), choice.Of(s_plan));
        Assert.Equal(batch is null && epochs is null && schedule is null, choice.IsAny);
    }

    [Fact]
    public void One_of_several_is_the_usual_one_where_it_is_among_them()
    {
        VariantChoice choice = Choose(("batch", "32"), ("init-std", "0.1"), ("weight-decay", "0"), ("optimizer", "sgd"), ("momentum", "0"));
        Assert.Equal((Way(5), Way(4)), (choice.One(s_plan, Way(5)), choice.One(s_plan, Way(0))));
    }

    [Theory]
    [InlineData("batch", "64", "--batch: 64 is not in this run; must be one of full, 32")]
    [InlineData("epochs", "30", "--epochs: 30 is not in this run; must be one of 10, 20")]
    [InlineData("init-std", "0.2", "--init-std: 0.2 is not in this run; must be one of 0.1")]
    [InlineData("weight-decay", "1e-3", "--weight-decay: 0.001 is not in this run; must be one of 0")]
    [InlineData("loss", "softmax", "--loss: softmax is not in this run; must be one of logistic")]
    [InlineData("momentum", "0.9", "--momentum: 0.9 is not in this run; must be one of 0")]
    [InlineData("schedule", "warmup:5", "--schedule: warmup:5 is not in this run; must be one of constant, cosine")]
    public void What_the_run_does_not_have_is_named(string flag, string value, string message) =>
        Assert.Equal(message, Assert.Throws<UserErrorException>(() => Choose((flag, value)).Of(s_plan)).Message);

    [Fact]
    public void Images_and_labels_choose_too()
    {
        var plan = Plan.Create(
            Presets.Quick with { Splits = [SplitKind.Balanced, SplitKind.Whole], LabelNoises = [0, 0.1], TrainImages = [null, 100] },
            SampleRun.DataHash, 784, (_, choice) => new(choice.TrainImages ?? 9344, 9344));
        Assert.Equal(8, plan.Variants.Count);
        int[] Variants(params (string Flag, string? Value)[] given) => [.. Choose(given).Of(plan).Select(way => way.Variant)];
        Assert.Equal([7], Variants(("split", "whole"), ("label-noise", "0.1"), ("train-images", "100")));
        Assert.Equal([0, 1, 4, 5], Variants(("label-noise", "0")));
        Assert.Equal(
            "--train-images: 200 is not in this run; must be one of all, 100",
            Assert.Throws<UserErrorException>(() => Variants(("train-images", "200"))).Message);
    }

    private static VariantChoice Choose(params (string Flag, string? Value)[] given) =>
        VariantChoice.Parse(given.Where(one => one.Value is not null).ToDictionary(one => $"--{one.Flag}", one => one.Value!));

    private static TrainingWay Way(int number) => new(number / 2, s_plan.Spec.Trainings()[number % 2]);

    private static RateSchedule Schedule(string text) =>
        RateSchedule.TryParse(text, out RateSchedule read) ? read : throw new ArgumentException(text);
}
