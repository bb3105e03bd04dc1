namespace GpuMlp.Engine.Bench;

/// <summary>From which sparsity on a form is faster than the dense one.</summary>
/// <param name="Kind">Whether there is such a level.</param>
/// <param name="Sparsity">The level, 0..1; NaN unless <paramref name="Kind"/> is <see cref="BreakEvenKind.At"/>.</param>
public readonly record struct BreakEven(BreakEvenKind Kind, double Sparsity)
{
    /// <summary>
    /// The level above which every measured speed-up is 1 or more. Between the last loss and the first gain the time is
    /// taken to fall linearly, as the work of a sparse product does, so 1 / speed-up is interpolated.
    /// </summary>
    /// <param name="curve">Level and speed-up over dense (above 0), in any order; at least one.</param>
    /// <exception cref="ArgumentException">No points, or a speed-up that is not above 0.</exception>
    public static BreakEven Find(IEnumerable<(double Sparsity, double Speedup)> curve)
    {
        (double Sparsity, double Speedup)[] points = [.. curve.OrderBy(point => point.Sparsity)];
        if (points.Length == 0 || points.Any(point => !(point.Speedup > 0)))
            throw new ArgumentException("a curve needs points, and speed-ups above 0", nameof(curve));

        int lastLoss = Array.FindLastIndex(points, point => point.Speedup < 1);
        if (lastLoss < 0)
            return new BreakEven(BreakEvenKind.Always, double.NaN);
        if (lastLoss == points.Length - 1)
            return new BreakEven(BreakEvenKind.Never, double.NaN);

        (double s0, double before) = points[lastLoss];
        (double s1, double after) = points[lastLoss + 1];
        double t0 = 1 / before, t1 = 1 / after;
        return new BreakEven(BreakEvenKind.At, s0 + ((s1 - s0) * (t0 - 1) / (t0 - t1)));
    }

    /// <summary>How many uses repay a conversion: its time over the time that each use saves.</summary>
    /// <returns>1 or more; null when a use saves nothing.</returns>
    public static long? Uses(double conversionMs, double denseMs, double formMs) =>
        formMs < denseMs ? Math.Max(1, (long)Math.Ceiling(conversionMs / (denseMs - formMs))) : null;

    /// <summary>What is sure, and <see cref="BreakEvenKind.Unclear"/> where nothing but medians say that there is a gain.</summary>
    /// <param name="slow">Found by the speed-ups that nearly all samples reach.</param>
    /// <param name="medians">Found by medians.</param>
    public static BreakEven Sure(BreakEven slow, BreakEven medians) =>
        slow.Kind == BreakEvenKind.Never && medians.Kind != BreakEvenKind.Never ? new(BreakEvenKind.Unclear, double.NaN) : slow;

    /// <summary><c>0.63</c>, <c>always</c>, <c>never</c> or <c>unclear</c>.</summary>
    public override string ToString() => Kind switch
    {
        BreakEvenKind.Always => "always",
        BreakEvenKind.Never => "never",
        BreakEvenKind.Unclear => "unclear",
        _ => Sparsity.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture),
    };
}

/// <summary>What a curve of speed-ups says.</summary>
public enum BreakEvenKind
{
    /// <summary>Faster at every level measured.</summary>
    Always,

    /// <summary>Slower at the highest level measured.</summary>
    Never,

    /// <summary>Faster from a level on.</summary>
    At,

    /// <summary>Faster by the median at the highest level measured, but within the spread of the samples.</summary>
    Unclear,
}
