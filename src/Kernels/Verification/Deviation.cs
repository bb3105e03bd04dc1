namespace GpuMlp.Kernels.Verification;

/// <summary>How far a kernel's numbers were from the double reference, over all comparisons recorded.</summary>
public sealed class Deviation
{
    // An exponent below that of the smallest normal number has the same spacing.
    private const int LeastExponent = -126, MantissaBits = 23;

    /// <summary>Numbers compared.</summary>
    public long Values { get; private set; }

    /// <summary>Largest error in spacings of float32 at the expected value: large where a sum has cancelled.</summary>
    public double Ulps { get; private set; }

    /// <summary>Largest error as a part of the largest magnitude of its array.</summary>
    public double Relative { get; private set; }

    /// <summary>What the arithmetic allowed the value with that error, in the same terms.</summary>
    public double RelativeBound { get; private set; }

    /// <summary>
    /// Largest error as a part of its own bound: above 1 a comparison fails; infinite for an error where none is allowed.
    /// </summary>
    public double OfBound { get; private set; }

    /// <summary>Adds a comparison; a tolerance for each value, or one for all.</summary>
    internal void Add(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, ReadOnlySpan<double> tolerance)
    {
        int count = Math.Min(expected.Length, actual.Length);
        double largest = 0;
        for (int i = 0; i < count; i++)
            largest = Math.Max(largest, Math.Abs(expected[i]));
        Values += count;
        for (int i = 0; i < count; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]), bound = tolerance[tolerance.Length == 1 ? 0 : i];
            if (double.IsNaN(error))
                error = double.PositiveInfinity;
            if (error > 0)
            {
                Ulps = Math.Max(Ulps, error / Spacing(expected[i]));
                OfBound = Math.Max(OfBound, error / bound);

                // An array that is nothing but rounding has no largest value to speak of.
                if (bound <= largest && error / largest > Relative)
                    (Relative, RelativeBound) = (error / largest, bound / largest);
            }
        }
    }

    private static double Spacing(double value)
    {
        int exponent = value == 0 ? LeastExponent : Math.Max(Math.ILogB(value), LeastExponent);
        return Math.ScaleB(1, exponent - MantissaBits);
    }
}
