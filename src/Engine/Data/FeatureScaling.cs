namespace GpuMlp.Engine.Data;

/// <summary>
/// How a feature of a table becomes a level from 0 to 255: a rule that is fitted to the training values of that feature alone. One object
/// each, in <see cref="All"/>.
/// </summary>
public abstract class FeatureScaling
{
    public static FeatureScaling MinMax { get; } = new MinMaxScaling();

    public static FeatureScaling Quantile { get; } = new QuantileScaling();

    /// <summary>Every rule; the first one is the usual one.</summary>
    public static IReadOnlyList<FeatureScaling> All { get; } = [MinMax, Quantile];

    /// <summary>In flags and files: <c>minmax</c>.</summary>
    public abstract string Name { get; }

    /// <summary>For people.</summary>
    public abstract string Words { get; }

    public override string ToString() => Name;

    /// <summary>Fits the rule.</summary>
    /// <param name="sorted">The training values of a feature, rising; at least one, all finite.</param>
    /// <returns>What takes a value, of the training file or not, to 0..255, not rounded yet.</returns>
    internal abstract Func<double, double> Fit(double[] sorted);

    /// <summary>The level of a scaled value: the nearest whole number, of two that are equally near the even one.</summary>
    internal static byte Level(double scaled) => (byte)Math.Round(scaled, MidpointRounding.ToEven);

    /// <summary>255 (x - min) / (max - min) in float64, in this order; what lies beyond an end counts as it; 0 where all are one.</summary>
    private sealed class MinMaxScaling : FeatureScaling
    {
        // Above it 255 times a difference, or the difference, would be infinite.
        private const double Large = double.MaxValue / 1024;

        public override string Name => "minmax";

        public override string Words => "smallest to largest value";

        internal override Func<double, double> Fit(double[] sorted)
        {
            double unit = Math.Max(Math.Abs(sorted[0]), Math.Abs(sorted[^1])) > Large ? 1.0 / 1024 : 1;
            double least = sorted[0] * unit, most = sorted[^1] * unit, range = most - least;
            return range > 0 ? x => 255 * (Math.Clamp(x * unit, least, most) - least) / range : _ => 0;
        }
    }

    /// <summary>
    /// 255 below(x) / below(max), where below(x) is how many training values are smaller than x: equal values have one level, the smallest
    /// 0, the largest 255; 0 where all are one.
    /// </summary>
    private sealed class QuantileScaling : FeatureScaling
    {
        public override string Name => "quantile";

        public override string Words => "rank";

        internal override Func<double, double> Fit(double[] sorted)
        {
            int most = Below(sorted, sorted[^1]);
            return most > 0 ? x => 255.0 * Math.Min(Below(sorted, x), most) / most : _ => 0;
        }

        private static int Below(double[] sorted, double value)
        {
            int low = 0, high = sorted.Length;
            while (low < high)
            {
                int middle = low + ((high - low) / 2);
                if (sorted[middle] < value)
                    low = middle + 1;
                else
                    high = middle;
            }

            return low;
        }
    }
}
