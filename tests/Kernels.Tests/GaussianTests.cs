using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class GaussianTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 1);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Every_octave_and_segment_is_within_the_documented_error_of_the_exact_quantile()
    {
        uint[] bits = Probes();
        double[] expected = [.. bits.Select(b => ExactQuantile(((b & 0x7FFFFFFF) | 1) / 4294967296.0) * (b >> 31 != 0 ? -1 : 1))];
        Check.Near("normal number", expected, Normal(bits), [GaussianTable.LargestError]);
    }

    [Fact]
    public void The_table_is_built_from_quantiles_that_are_exact_to_13_digits()
    {
        // Far finer than the table's fixed point, 7e-9; what is left is the rounding of the bisection's own tail.
        double[] p = [.. Enumerable.Range(0, 500).Select(k => Math.Pow(2, -1 - (31.0 * k / 499)))];
        double[] expected = [.. p.Select(ExactQuantile)];
        Check.Near("quantile", expected, p.Select(GaussianTable.UpperQuantile).ToArray(), [1e-13 * 6.3]);
    }

    [Theory]
    [InlineData(0u, 6.2302)]
    [InlineData(0x7fffffffu, 0)]
    [InlineData(0x80000000u, -6.2302)]
    [InlineData(0xffffffffu, 0)]
    public void The_ends_of_the_range_are_the_far_tails_and_the_middle(uint bits, double expected) =>
        Check.Near($"{bits:x8}", [expected], Normal([bits]), [GaussianTable.LargestError + 5e-5]);

    [Fact]
    public void The_top_bit_turns_the_sign_and_nothing_else()
    {
        uint[] bits = Probes();
        float[] plus = Normal([.. bits.Select(b => b & 0x7FFFFFFF)]), minus = Normal([.. bits.Select(b => b | 0x80000000)]);
        Check.SameBits("mirrored", plus, [.. minus.Select(z => -z)], zeroSigns: false);
        Assert.All(plus, z => Assert.True(z >= 0));
    }

    [Fact]
    public void A_million_weights_have_the_moments_of_a_normal_distribution()
    {
        const int Count = 1_000_000;
        ModelParameters model = InitializeTests.Initial(
            DeviceKernels.Create(_device), inputs: 999, [1000], new ModelOrigin([7], Seed: 3, InitStd: 1f))[0];
        double[] z = [.. model.W1.Select(w => (double)w), .. model.W2.Select(w => (double)w)];
        Assert.Equal(Count, z.Length);

        // Four standard errors of each moment of Count independent normal numbers.
        double mean = z.Average(), variance = z.Average(v => (v - mean) * (v - mean));
        double kurtosis = z.Average(v => Math.Pow(v - mean, 4)) / (variance * variance);
        Check.Near("mean", 0, mean, 4 / Math.Sqrt(Count));
        Check.Near("variance", 1, variance, 4 * Math.Sqrt(2.0 / Count));
        Check.Near("kurtosis", 3, kurtosis, 4 * Math.Sqrt(24.0 / Count));
    }

    // Seventeen places across each segment of each octave; in the last octaves several are the same word.
    private static uint[] Probes()
    {
        var bits = new List<uint>();
        for (int octave = 0; octave < GaussianTable.Octaves; octave++)
        {
            uint leading = 1u << (30 - octave);
            for (int place = 0; place < GaussianTable.Segments * 17; place++)
            {
                uint v = leading + (uint)((double)leading * place / (GaussianTable.Segments * 17));
                bits.Add(place % 2 == 0 ? v : v | 0x80000000);
            }
            bits.Add((leading - 1) + leading);
        }
        return [.. bits];
    }

    private float[] Normal(uint[] bits)
    {
        using var table = _device.Accelerator.Allocate1D(GaussianTable.Create());
        using var input = _device.Accelerator.Allocate1D(bits);
        using var output = _device.Accelerator.Allocate1D<float>(bits.Length);
        var kernel = _device.Accelerator
            .LoadImplicitlyGroupedKernel<Index1D, ArrayView<uint>, ArrayView<int>, ArrayView<float>>(NormalKernel.Run, 1);
        kernel(_device.Accelerator.DefaultStream, bits.Length, input.View, table.View, output.View);
        return output.GetAsArray1D();
    }

    // Bisection on the tail probability, which shares nothing with the table's rational approximation.
    private static double ExactQuantile(double p)
    {
        double low = 0, high = 8;
        for (int step = 0; step < 60; step++)
        {
            double middle = (low + high) / 2;
            (low, high) = UpperTail(middle) > p ? (middle, high) : (low, middle);
        }
        return (low + high) / 2;
    }

    // P(Z > z): the series of positive terms below 2 (it cancels little there), the continued fraction of Laplace above.
    private static double UpperTail(double z)
    {
        double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        if (z < 2)
        {
            double term = z, sum = z;
            for (int k = 3; term > sum * 1e-18; k += 2)
            {
                term *= z * z / k;
                sum += term;
            }
            return 0.5 - (density * sum);
        }
        double fraction = z;
        for (int k = 200; k >= 1; k--)
            fraction = z + (k / fraction);
        return density / fraction;
    }
}

/// <summary>Each thread one normal number, as the initialisation makes it.</summary>
public static class NormalKernel
{
    public static void Run(Index1D i, ArrayView<uint> bits, ArrayView<int> table, ArrayView<float> output) =>
        output[i] = NormalPlace.Fixed(bits[i], table) * (1f / GaussianTable.One);
}
