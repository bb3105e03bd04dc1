using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Tests.Training;

/// <summary>Models of one cohort with different optimisers, from flags to fine-tuning.</summary>
public sealed class OptimiserTests
{
    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Batches = [50],
        Optimisers = Optimiser.All,
        Momenta = [0.5, 0.9],
        LearningRates = [0.01],
        Hidden = [4],
        Sparsity = [0.5],
        Corruptions = [],
        Similarity = [],
        FinetuneEpochs = 2,
        Rewind = true,
    };

    [Fact]
    public void A_sweep_combines_each_optimiser_with_the_settings_that_it_has() => Assert.Equal(
        ["h4-lr0.01", "h4-lr0.01-momentum0.5", "h4-lr0.01-momentum0.9", "h4-lr0.01-nesterov0.5", "h4-lr0.01-nesterov0.9",
            "h4-lr0.01-adam", "h4-lr0.01-adamw"],
        Models().Select(model => model.Name));

    [Fact]
    public void A_model_has_the_same_bits_alone_and_fine_tuning_goes_on_with_what_its_optimiser_remembers()
    {
        ModelSpec[] models = Models();
        IReadOnlyList<ModelResult> all = Mnist.Train(Mnist.Few, s_spec, models);
        for (int m = 0; m < models.Length; m++)
            Mnist.AssertSameBits(Mnist.Train(Mnist.Few, s_spec, [models[m]]).Single(), all[m]);
        Assert.Equal([0, 1, 1, 1, 1, 2, 2], all.Select(model => model.State.Length / ((784 * 4) + 4 + 4 + 1)));
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.5)]
    public void A_setting_that_no_optimiser_has_is_refused_even_where_it_is_the_usual_one(double momentum)
    {
        SweepSpec spec = s_spec with { Optimisers = [Optimiser.Sgd], Momenta = [momentum] };
        string message = Assert.Throws<UserErrorException>(() => Engine.Plans.SpecValidator.Validate(spec)).Message;
        Assert.Equal("--momentum: of no use to sgd, the optimizers; momentum or nesterov must be among them", message);
    }

    private static ModelSpec[] Models() => [.. s_spec.Trainings().Select(training => new ModelSpec(4, 0.01, training))];
}
