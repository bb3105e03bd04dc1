using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>The arithmetic of the GPU kernels, run on the CPU.</summary>
public sealed class GpuMathTests
{
    [Fact]
    public void A_pixel_of_each_value_is_the_correctly_rounded_quotient_by_255()
    {
        for (uint value = 0; value < 256; value++)
            Assert.Equal(value / 255f, GpuMath.Pixel(value));
    }

    [Fact]
    public void Exponential_and_logarithm_are_as_exact_as_the_CPU_kernels_state()
    {
        for (float x = -87; x <= 0; x += 0.0137f)
        {
            double exact = Math.Exp(x);
            Check.Near($"exp({x})", exact, Formulas.ExpOfNegative<Scalar>(x).Value, 2e-7 * exact);
        }
        for (float e = 1e-30f; e <= 1; e *= 1.013f)
        {
            double exact = e < 1e-8 ? e : Math.Log(1 + (double)e);
            Check.Near($"log1p({e})", exact, Formulas.Log1P<Scalar>(e).Value, 3e-7 * exact);
        }
        Assert.True(float.IsNaN(Formulas.ExpOfNegative<Scalar>(float.NaN).Value));
    }

    [Fact]
    public void A_quotient_of_a_division_that_was_off_by_a_unit_is_put_right()
    {
        var random = new System.Random(1);
        for (int i = 0; i < 10_000; i++)
        {
            float a = random.NextSingle(), b = 0.5f + (2 * random.NextSingle());
            Assert.Equal(a / b, GpuMath.Divide(a, b));
        }
    }

    [Fact]
    public void A_pair_of_floats_adds_multiplies_divides_and_takes_logarithms_as_exactly_as_it_says()
    {
        var random = new System.Random(2);
        for (int i = 0; i < 10_000; i++)
        {
            float a = (float)Math.ScaleB(random.NextDouble() - 0.5, random.Next(-20, 20)), b = (float)Math.ScaleB(
                random.NextDouble() + 0.5,
                random.Next(-20, 20));
            Assert.Equal((double)a * b, FloatPair.Product(a, b).Value);
            Check.Near($"{a} + {b}", (double)a + b, FloatPair.Sum(a, b).Value, Math.ScaleB(Math.Abs(a) + b, -53));
            Check.Near($"{a} / {b}", (double)a / b, FloatPair.Quotient(a, b).Value, Math.ScaleB(Math.Abs(a / b), -45));
            Check.Near($"ln {b}", Math.Log(b), FloatPair.Log(b).Value, 5e-9);
        }
        for (float x = 1e-30f; x < 2e19f; x *= 1.07f)
            Check.Near($"ln {x}", Math.Log(x), FloatPair.Log(x).Value, 5e-9);
        Assert.Equal(0, FloatPair.Log(1).Value);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(15, 16)]
    [InlineData(16, 32)]
    [InlineData(17, 32)]
    [InlineData(784, 800)]
    public void Rows_of_bytes_begin_on_sixteen_and_have_room_for_the_constant_pixel(int inputs, int pitch)
        => Assert.Equal(pitch, DeviceImages.Pitch(inputs));
}
