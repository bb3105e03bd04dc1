namespace GpuMlp.Engine.Statistics;

/// <summary>Some figures of the same thing, one a seed, in short. Everything is NaN for no figure.</summary>
/// <param name="Std">Sample standard deviation (n - 1); NaN for one figure.</param>
public readonly record struct Spread(int Count, double Mean, double Std, double Median, double Min, double Max)
{
    /// <param name="values">NaN among them makes the whole NaN: a model that failed must not vanish in a mean.</param>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int count = sorted.Length;
        if (count == 0 || sorted.Any(double.IsNaN))
        {
            return new Spread(count, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        }

        double mean = sorted.Average();
        double std = count == 1 ? double.NaN : Math.Sqrt(sorted.Sum(value => (value - mean) * (value - mean)) / (count - 1));
        double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
        return new Spread(count, mean, std, median, sorted[0], sorted[^1]);
    }

    /// <summary>Linear between the two nearest values, as NumPy's default.</summary>
    /// <param name="values">At least one, in any order, none NaN.</param>
    /// <param name="share">0..1; 0.5 is the median.</param>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        double at = share * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[below];
    }
}
