using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class InitializeTests : IDisposable
{
    private const ulong Identity = 0x0123456789ABCDEF;

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
        ModelParameters model = DeviceKernels.Create(other).Initialize(inputs: 13, hidden: 5, Identity, seed: 1, std: 1f);
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
        ModelParameters model = _kernels.Initialize(inputs: 13, hidden: 5, Identity, seed: 1, std: 1f);
        Assert.Equal(new float[5], model.B1);
        Assert.Equal(0f, model.B2);
    }

    private float[] Weights(ulong identity, uint seed, int hidden, float std = 1f)
    {
        ModelParameters model = _kernels.Initialize(inputs: 13, hidden, identity, seed, std);
        return [.. model.W1, .. model.W2];
    }
}
