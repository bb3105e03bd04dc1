using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Training;

/// <summary>A model's result depends on nothing but the model: not on threads, neighbours, form or repetition.</summary>
[Trait("Size", "large")]
public sealed class SameBitsTests
{
    private const int Full = 0;

    public static TheoryData<int> Batches => [Full, 1000, 64, 7];

    private static ModelSpec[] Cohort { get; } = [.. Presets.Paper.Hidden.Select(hidden => new ModelSpec(hidden, 0.5))];

    [Theory]
    [MemberData(nameof(Batches))]
    public void Threads_and_repetition_change_no_bit(int batch)
    {
        SweepSpec spec = Mnist.Spec with { Batches = [batch == Full ? null : batch] };
        IReadOnlyList<ModelResult> expected = Mnist.Train(Mnist.Few, spec, Cohort, threads: 1);
        Assert.All([1, 2, 3], threads => Mnist.AssertSameBits(expected, Mnist.Train(Mnist.Few, spec, Cohort, threads)));
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void A_model_has_the_same_bits_alone_as_among_eleven(int batch)
    {
        SweepSpec spec = Mnist.Spec with { Batches = [batch == Full ? null : batch] };
        IReadOnlyList<ModelResult> together = Mnist.Train(Mnist.Few, spec, Cohort);
        Assert.All(new[] { 0, 4, 7, 10 }, i => Mnist.AssertSameBits(together[i], Mnist.Train(Mnist.Few, spec, [Cohort[i]]).Single()));
        Mnist.AssertSameBits(together.Reverse(), Mnist.Train(Mnist.Few, spec, [.. Cohort.Reverse()]));
    }

    [Fact]
    public void A_model_has_the_same_bits_in_a_slice_of_a_plan()
    {
        var plan = Plan.Create(Mnist.Spec, "data", Mnist.Few.Inputs, (_, _) => new(400));
        IReadOnlyList<ModelResult> whole = Mnist.Train(Mnist.Few, Mnist.Spec, plan.ModelsOf(Assert.Single(plan.Units)));
        Assert.Equal(22, whole.Count);
        foreach ((int first, int count) in new[] { (0, 3), (3, 9), (12, 10) })
        {
            var slice = new WorkUnit(0, Mnist.Spec.Tasks[0], 42, first, count);
            Mnist.AssertSameBits(whole.Skip(first).Take(count), Mnist.Train(Mnist.Few, Mnist.Spec, plan.ModelsOf(slice)));
        }
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void Skipping_zero_pixels_changes_no_bit(int batch)
    {
        SweepSpec spec = Mnist.Spec with { Batches = [batch == Full ? null : batch] };
        Mnist.AssertSameBits(
            Mnist.Train(Mnist.Few, spec, Cohort, form: KernelForm.InputSparse),
            Mnist.Train(Mnist.Few, spec, Cohort, form: KernelForm.Dense));
    }

    [Fact]
    public void A_batch_of_more_images_than_there_are_is_the_full_split() => Assert.All(
        Mnist.Train(Mnist.Few, Mnist.Spec, Cohort).Zip(Mnist.Train(Mnist.Few, Mnist.Spec with { Batches = [int.MaxValue] }, Cohort)),
        pair => Assert.Equal(Mnist.BitsOf(pair.First.Weights), Mnist.BitsOf(pair.Second.Weights)));

    [Fact]
    public void Models_that_differ_in_learning_rate_alone_start_from_the_same_weights()
    {
        // The rate is too small to move any weight but those that are 0: the biases.
        IReadOnlyList<ModelResult> results = Mnist.Train(
            Mnist.Few, Mnist.Spec with { Epochs = [1] }, [new(8, 1e-30), new(8, 2e-30), new(6, 1e-30), new(8, 1)]);
        Assert.Equal(results[0].Weights.W1, results[1].Weights.W1);
        Assert.Equal(results[0].Weights.W2, results[1].Weights.W2);
        Assert.Equal(results[0].History, results[1].History);
        Assert.Equal(results[0].History, results[3].History);
        Assert.NotEqual(results[0].Weights.W1[0], results[2].Weights.W1[0]);
    }

    [Fact]
    public void Another_seed_or_task_starts_from_other_weights()
    {
        ModelSpec[] one = [new(8, 1e-30)];
        SweepSpec spec = Mnist.Spec with { Epochs = [1] };
        float[][] starts =
        [
            Mnist.Train(Mnist.Few, spec, one)[0].Weights.W1,
            Mnist.Train(Mnist.Few, spec with { Seeds = [43] }, one)[0].Weights.W1,
            Mnist.Train(Mnist.Few, spec with { Tasks = [new ClassTask(9, 4)] }, one)[0].Weights.W1,
        ];
        Assert.Equal(3, starts.Select(start => start[0]).Distinct().Count());
    }

    [Theory]
    [InlineData(Full)]
    [InlineData(64)]
    public void A_model_that_blows_up_fails_and_leaves_its_neighbours_alone(int batch)
    {
        SweepSpec spec = Mnist.Spec with { Batches = [batch == Full ? null : batch], Epochs = [6] };
        ModelSpec[] sound = [new(3, 0.5), new(5, 0.5), new(16, 0.5)];
        ModelSpec[] mixed = [new(3, 0.5), new(5, 1e30), new(5, 0.5), new(16, 1e30), new(16, 0.5)];
        IReadOnlyList<ModelResult> results = Mnist.Train(Mnist.Few, spec, mixed);

        Assert.Equal(["ok", "failed", "ok", "failed", "ok"], results.Select(result => result.Status));
        Mnist.AssertSameBits(Mnist.Train(Mnist.Few, spec, sound), results.Where(result => result.Status == Statuses.Ok));
    }
}
