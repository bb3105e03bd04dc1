using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class InitializeTests : IDisposable
{
    private const ulong Identity = 0x0123456789ABCDEF;

    private const int Inputs = 13;

    private readonly CpuDevice _device = new(threads: 2);
    private readonly DeviceKernels _kernels;

    public InitializeTests() => _kernels = DeviceKernels.Create(_device);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_weights_of_a_model_do_not_depend_on_what_was_drawn_before()
    {
        float[] first = Weights(Identity, seed: 1, hidden: 5);
        Weights(identity: 77, seed: 1, hidden: 9);
        Check.SameBits("weights", first, Weights(Identity, seed: 1, hidden: 5));
    }

    [Fact]
    public void The_weights_of_a_model_do_not_depend_on_the_number_of_threads()
    {
        using var other = new CpuDevice(threads: 3);
        ModelParameters model = Initial(DeviceKernels.Create(other), hidden: 5, Identity, seed: 1, std: 1f);
        Check.SameBits("weights", Weights(Identity, seed: 1, hidden: 5), [.. model.W1, .. model.W2]);
    }

    [Fact]
    public void The_standard_deviation_scales_the_same_numbers()
    {
        float[] unit = Weights(Identity, seed: 1, hidden: 5), small = Weights(Identity, seed: 1, hidden: 5, std: 0.05f);
        Check.SameBits("weights", [.. unit.Select(z => 0.05f * z)], small);
    }

    /// <summary>Element i depends on seed, identity and i: a wider model of the same identity begins with the same numbers.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 5)]
    [InlineData(4, 30)]
    public void The_numbers_of_an_identity_are_one_sequence_whatever_the_hidden_size(int narrow, int wide)
    {
        float[] shorter = Weights(Identity, seed: 1, narrow), longer = Weights(Identity, seed: 1, wide);
        Check.SameBits("weights", shorter, longer.AsSpan(0, shorter.Length));
    }

    [Fact]
    public void Either_half_of_the_identity_and_the_seed_give_other_weights()
    {
        float[][] draws =
        [
            Weights(Identity, seed: 1, hidden: 5),
            Weights(Identity + 1, seed: 1, hidden: 5),
            Weights(Identity + (1UL << 32), seed: 1, hidden: 5),
            Weights(Identity, seed: 2, hidden: 5),
        ];
        for (int a = 0; a < draws.Length; a++)
        {
            for (int b = 0; b < a; b++)
                Assert.True(draws[a].Zip(draws[b]).Count(pair => pair.First == pair.Second) <= 1, $"draws {a} and {b} agree");
        }
    }

    [Fact]
    public void Biases_start_at_zero()
    {
        ModelParameters model = Initial(_kernels, hidden: 5, Identity, seed: 1, std: 1f);
        Assert.Equal(new float[5], model.B1);
        Assert.Equal([0f], model.B2);
    }

    [Fact]
    public void The_weights_of_a_model_do_not_depend_on_its_neighbours_and_theirs_lie_in_their_own_columns()
    {
        int[] hidden = [5, 1, 30, 5, 16];
        ulong[] identities = [Identity, 3, 4, Identity, 5];
        ModelParameters[] together = Initial(_kernels, Inputs, hidden, new ModelOrigin(identities, Seed: 1, InitStd: 0.5f));
        for (int m = 0; m < hidden.Length; m++)
        {
            ModelParameters alone = Initial(_kernels, hidden[m], identities[m], seed: 1, std: 0.5f);
            Check.SameBits($"model {m}", [.. alone.W1, .. alone.W2], [.. together[m].W1, .. together[m].W2]);
        }
    }

    [Fact]
    public void What_a_model_was_before_is_gone()
    {
        using DeviceCohort cohort = new(_device, ColumnLayout.Create([5], Inputs, _device.LayoutWays), [0.1f]);
        cohort.Upload([Samples.Model(Inputs, 5, seed: 1) with { B1 = [1, 2, 3, 4, 5], B2 = [6] }]);
        _kernels.Initialize(cohort, new ModelOrigin([Identity], Seed: 1, InitStd: 1f));
        ModelParameters model = cohort.Download()[0];
        Assert.Equal(new float[5], model.B1);
        Assert.Equal([0f], model.B2);
        Check.SameBits("weights", Weights(Identity, seed: 1, hidden: 5), [.. model.W1, .. model.W2]);
    }

    [Fact]
    public void An_origin_of_another_number_of_models_is_refused()
    {
        using DeviceCohort cohort = new(_device, ColumnLayout.Create([5], Inputs, _device.LayoutWays), [0.1f]);
        Assert.Throws<ArgumentException>(() => _kernels.Initialize(cohort, new ModelOrigin([1, 2], Seed: 1, InitStd: 1f)));
    }

    /// <summary>What models begin with, in a cohort of their own.</summary>
    internal static ModelParameters[] Initial(DeviceKernels kernels, int inputs, int[] hidden, ModelOrigin origin)
    {
        ComputeDevice device = kernels.Device;
        using DeviceCohort cohort = new(device, ColumnLayout.Create(hidden, inputs, device.LayoutWays), new float[hidden.Length]);
        kernels.Initialize(cohort, origin);
        return cohort.Download();
    }

    private static ModelParameters Initial(DeviceKernels kernels, int hidden, ulong identity, uint seed, float std) =>
        Initial(kernels, Inputs, [hidden], new ModelOrigin([identity], seed, std))[0];

    private float[] Weights(ulong identity, uint seed, int hidden, float std = 1f)
    {
        ModelParameters model = Initial(_kernels, hidden, identity, seed, std);
        return [.. model.W1, .. model.W2];
    }
}
