namespace GpuMlp.Kernels.Verification;

/// <summary>
/// Compares arrays; a failure names the array, the first bad index, both values and the largest error. Tests and
/// <c>verify</c> share it: tests see the exception, <c>verify</c> also records how large the errors are.
/// </summary>
internal static class Check
{
    // One recorder a thread, so that cases are written as if nobody listened.
    [ThreadStatic]
    private static Deviation? s_record;

    /// <summary>From now on all comparisons of this thread are recorded too, until the result is disposed of.</summary>
    public static IDisposable Recording(Deviation into)
    {
        s_record = into;
        return new Recorder();
    }

    /// <summary>|actual - expected| within the tolerance of each element; NaN anywhere fails.</summary>
    public static void Near(string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, ReadOnlySpan<double> tolerance)
    {
        s_record?.Add(expected, actual, tolerance);
        Within(name, expected, actual, tolerance);
    }

    public static void Near(string name, double[] expected, ReadOnlySpan<float> actual, ReadOnlySpan<double> tolerance) =>
        Near(name, expected, Widen(actual), tolerance);

    public static void Near(string name, double expected, double actual, double tolerance) =>
        Near(name, [expected], [actual], [tolerance]);

    /// <summary>Every error within <paramref name="relative"/> times the largest magnitude of the whole expected array.</summary>
    public static void NearLargest(string name, double[] expected, double[] actual, double relative) =>
        Near(name, expected, actual, [relative * expected.Max(Math.Abs)]);

    /// <summary>Counts, each off by at most <paramref name="undecided"/>; not recorded, because a count has no rounding.</summary>
    public static void Counts(string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, int undecided) =>
        Within(name, expected, actual, [(double)undecided]);

    /// <summary>The same bits, NaN payloads included; <paramref name="zeroSigns"/> false takes -0 and 0 for the same.</summary>
    public static void SameBits(string name, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, bool zeroSigns = true)
    {
        True(expected.Length == actual.Length, $"{name}: {actual.Length} values, expected {expected.Length}");
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
        {
            throw new VerificationException($"{name}[{first}]: expected bits of {expected[first]:R}, actual {actual[first]:R}; {bad} of "
                + $"{expected.Length} differ, largest error {largest:G3}");
        }
    }

    /// <exception cref="VerificationException">Not so.</exception>
    public static void True(bool condition, string message)
    {
        if (!condition)
            throw new VerificationException(message);
    }

    public static void Equal<T>(T expected, T actual)
        where T : struct =>
        True(EqualityComparer<T>.Default.Equals(expected, actual), $"expected {expected}, actual {actual}");

    /// <summary>Element by element.</summary>
    public static void SameItems<T>(IEnumerable<T> expected, IEnumerable<T> actual) =>
        True(
            expected.SequenceEqual(actual),
            $"expected {string.Join(", ", expected.Take(8))} ..., actual {string.Join(", ", actual.Take(8))} ...");

    /// <summary>The same numbers in double.</summary>
    public static double[] Widen(ReadOnlySpan<float> values) => Array.ConvertAll(values.ToArray(), value => (double)value);

    /// <summary>Labels.</summary>
    public static double[] Widen(ReadOnlySpan<byte> values) => Array.ConvertAll(values.ToArray(), value => (double)value);

    private static void Within(string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, ReadOnlySpan<double> tolerance)
    {
        True(expected.Length == actual.Length, $"{name}: {actual.Length} values, expected {expected.Length}");
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
        throw new VerificationException(
            $"{name}[{first}]: expected {expected[first]:R}, actual {actual[first]:R}, tolerance {allowed:G3}; " +
            $"{bad} of {expected.Length} differ, largest error {largest:G3} at [{worst}]");
    }

    private sealed class Recorder : IDisposable
    {
        public void Dispose() => s_record = null;
    }
}

/// <summary>A comparison that did not hold; the message is one line.</summary>
public sealed class VerificationException(string message) : Exception(message);
