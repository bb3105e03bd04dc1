using GpuMlp.Kernels.Numerics;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed unsafe class LaneMathTests
{
    // What Formulas states.
    private const double ExpError = 2e-7, LogError = 3e-7;

    private const int Points = 1 << 20;

    [Fact]
    public void Exp_is_within_its_documented_error_from_minus_87_to_0()
    {
        float[] x = [.. Enumerable.Range(0, Points).Select(k => -87f * k / (Points - 1)), .. Enumerable.Range(0, 140)
            .Select(k => -MathF.ScaleB(1, -k))];
        double[] expected = [.. x.Select(v => Math.Exp(v))];
        Check.Near("exp", expected, Map(x, log: false), [.. expected.Select(v => ExpError * v)]);
    }

    [Fact]
    public void Exp_below_its_range_is_its_value_at_minus_87_and_keeps_NaN()
    {
        float[] e = Map([-87f, -88f, -1e10f, float.NegativeInfinity, float.NaN], log: false);
        Assert.Equal([e[0], e[0], e[0]], e[1..4]);
        Assert.True(float.IsNaN(e[4]));
        Assert.Equal(1f, Map([0f], log: false)[0]);
    }

    [Fact]
    public void Log1p_is_within_its_documented_error_from_0_to_1()
    {
        float[] e = [.. Enumerable.Range(0, Points).Select(k => k / (float)(Points - 1)), .. Enumerable.Range(0, 127)
            .Select(k => MathF.ScaleB(1.3f, -k - 1))];
        double[] expected = [.. e.Select(v => LogOnePlus(v))];
        Check.Near("log1p", expected, Map(e, log: true), [.. expected.Select(v => LogError * v)]);
    }

    [Fact]
    public void All_widths_compute_the_same_bits()
    {
        float[] x = [.. Enumerable.Range(0, 4096).Select(k => -k / 45f)], e = [.. x.Select(MathF.Exp)];
        foreach (SimdWidth width in SimdSupport.Available)
        {
            Check.SameBits($"exp at {width}", Map(x, log: false), Map(x, log: false, width));
            Check.SameBits($"log1p at {width}", Map(e, log: true), Map(e, log: true, width));
        }
    }

    [Fact]
    public void Relu_is_the_value_above_0_and_a_zero_below_and_keeps_NaN()
    {
        float[] x = [1f, -1f, 0f, -0f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity,
            float.NegativeInfinity, float.NaN, -float.NaN, 3f, -3f, 1e-30f, -1e-30f];
        foreach (SimdWidth width in SimdSupport.Available)
        {
            float[] y = width switch
            {
                SimdWidth.V512 => Relu<Lanes512>(x),
                SimdWidth.V256 => Relu<Lanes256>(x),
                _ => Relu<Lanes128>(x),
            };
            for (int k = 0; k < x.Length; k++)
                Assert.True(float.IsNaN(x[k]) ? float.IsNaN(y[k]) : y[k] == (x[k] > 0 ? x[k] : 0), $"relu({x[k]}) = {y[k]} at {width}");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(16)]
    public void A_mask_sets_its_first_lanes(int count)
    {
        float[] lanes = new float[LaneMask.Lanes], ones = [.. Enumerable.Repeat(1f, LaneMask.Lanes)];
        fixed (float* output = lanes, one = ones)
            Lanes128.Store(Lanes128.Select(Lanes128.Load(LaneMask.First(count)), Lanes128.Load(one), Lanes128.Zero), output);
        Assert.Equal([.. Enumerable.Range(0, LaneMask.Lanes).Select(lane => lane < count ? 1f : 0f)], lanes);
    }

    // ln(1 + e) in double: the rounding error of 1 + e cancels in the quotient (Goldberg 1991, theorem 4).
    private static double LogOnePlus(double e)
    {
        double sum = 1 + e;
        return sum == 1 ? e : Math.Log(sum) * e / (sum - 1);
    }

    private static float[] Map(float[] values, bool log, SimdWidth width = SimdWidth.V128) => width switch
    {
        SimdWidth.V512 => Map<Lanes512>(values, log),
        SimdWidth.V256 => Map<Lanes256>(values, log),
        _ => Map<Lanes128>(values, log),
    };

    private static float[] Map<T>(float[] values, bool log)
        where T : unmanaged, ILanes<T>
    {
        int whole = (values.Length + LaneMask.Lanes - 1) / LaneMask.Lanes * LaneMask.Lanes;
        float[] input = new float[whole], output = new float[whole];
        values.CopyTo(input, 0);
        fixed (float* source = input, target = output)
        {
            for (int i = 0; i < whole; i += LaneMask.Lanes)
                T.Store(log ? Formulas.Log1P(T.Load(source + i)) : Formulas.ExpOfNegative(T.Load(source + i)), target + i);
        }
        return output[..values.Length];
    }

    private static float[] Relu<T>(float[] x)
        where T : unmanaged, ILanes<T>
    {
        var y = new float[x.Length];
        fixed (float* input = x, output = y)
            T.Store(T.Relu(T.Load(input)), output);
        return y;
    }
}
