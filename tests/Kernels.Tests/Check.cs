using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Compares arrays; a failure names the array, the first bad index, both values and the largest error.</summary>
internal static class Check
{
    /// <summary>|actual - expected| within the tolerance of each element; NaN anywhere fails.</summary>
    public static void Near(string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, ReadOnlySpan<double> tolerance)
    {
        Assert.True(expected.Length == actual.Length, $"{name}: {actual.Length} values, expected {expected.Length}");
        int first = -1, bad = 0, worst = 0;
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(actual[i] - expected[i]);
            if (!(difference <= largest))
                (worst, largest) = (i, difference);
            if (!(difference <= tolerance[tolerance.Length == 1 ? 0 : i]))
            {
                bad++;
                first = first < 0 ? i : first;
            }
        }
        if (bad == 0)
            return;
        double allowed = tolerance[tolerance.Length == 1 ? 0 : first];
        Assert.Fail(
            $"{name}[{first}]: expected {expected[first]:R}, actual {actual[first]:R}, tolerance {allowed:G3}; " +
            $"{bad} of {expected.Length} differ, largest error {largest:G3} at [{worst}]");
    }

    public static void Near(string name, double[] expected, ReadOnlySpan<float> actual, ReadOnlySpan<double> tolerance) =>
        Near(name, expected, Widen(actual), tolerance);

    public static void Near(string name, double expected, double actual, double tolerance) =>
        Near(name, [expected], [actual], [tolerance]);

    /// <summary>Every error within <paramref name="relative"/> times the largest magnitude of the whole expected array.</summary>
    public static void NearLargest(string name, double[] expected, double[] actual, double relative) =>
        Near(name, expected, actual, [relative * expected.Max(Math.Abs)]);

    /// <summary>The same bits, NaN payloads included; <paramref name="zeroSigns"/> false takes -0 and 0 for the same.</summary>
    public static void SameBits(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, bool zeroSigns = true)
    {
        Assert.True(expected.Length == actual.Length, $"{name}: {actual.Length} values, expected {expected.Length}");
        int first = -1, bad = 0;
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(actual[i])
                || (!zeroSigns && expected[i] == 0 && actual[i] == 0);
            if (same)
                continue;
            bad++;
            first = first < 0 ? i : first;
            largest = Math.Max(largest, Math.Abs((double)expected[i] - actual[i]));
        }
        if (bad > 0)
            Assert.Fail($"{name}[{first}]: expected bits of {expected[first]:R}, actual {actual[first]:R}; {bad} of {expected.Length} differ, largest error {largest:G3}");
    }

    public static double[] Widen(ReadOnlySpan<float> values)
    {
        var wide = new double[values.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return wide;
    }
}
