using GpuMlp.Kernels.Analyses.Similarity;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// Similarities of maps by their definitions, as one would write them in NumPy: slow, in double; and in the integers of kernels.
/// </summary>
public static class ReferenceSimilarity
{
    /// <summary>All three; of a flat map beside another 0, beside its own kind 1.</summary>
    public static MapSimilarity Of(double[] a, double[] b, int rows, int columns)
    {
        bool IsFlat(double[] map) => map.All(value => Math.Abs(value) == Math.Abs(map[0]));
        if (IsFlat(a) || IsFlat(b))
            return IsFlat(a) && IsFlat(b) && (a[0] == 0) == (b[0] == 0) ? MapSimilarity.Same : MapSimilarity.Unlike;
        return new MapSimilarity(Spearman(a, b), Ssim(a, b, rows, columns), TopIou(a, b));
    }

    /// <summary>Pearson's correlation of average ranks; 0 where one has no order.</summary>
    public static double Spearman(double[] a, double[] b)
    {
        double[] x = Ranks(a), y = Ranks(b);
        double meanX = x.Average(), meanY = y.Average();
        double covariance = x.Zip(y, (p, q) => (p - meanX) * (q - meanY)).Sum();
        double scale = Math.Sqrt(x.Sum(p => (p - meanX) * (p - meanX)) * y.Sum(q => (q - meanY) * (q - meanY)));
        return scale == 0 ? 0 : covariance / scale;
    }

    public static double Ssim(double[] a, double[] b, int rows, int columns)
    {
        double[] x = Scale(a), y = Scale(b);
        int height = Math.Min(7, rows), width = Math.Min(7, columns);
        var values = new List<double>();
        for (int top = 0; top + height <= rows; top++)
        {
            for (int left = 0; left + width <= columns; left++)
            {
                int[] pixels = [.. from row in Enumerable.Range(top, height) from column in Enumerable.Range(left, width) select (row
                    * columns) + column];
                double meanX = pixels.Average(i => x[i]), meanY = pixels.Average(i => y[i]);
                double varianceX = pixels.Average(i => (x[i] - meanX) * (x[i] - meanX)), varianceY = pixels.Average(
                    i => (y[i] - meanY) * (y[i] - meanY));
                double covariance = pixels.Average(i => (x[i] - meanX) * (y[i] - meanY));
                values.Add(((2 * meanX * meanY) + 1e-4) * ((2 * covariance) + 9e-4)
                    / (((meanX * meanX) + (meanY * meanY) + 1e-4) * (varianceX + varianceY + 9e-4)));
            }
        }
        return values.Average();
    }

    /// <summary>Intersection over union of the strongest tenth.</summary>
    public static double TopIou(double[] a, double[] b)
    {
        HashSet<int> Top(double[] map) =>
            [.. Enumerable.Range(0, map.Length).Where(i => map[i] != 0).OrderByDescending(i => Math.Abs(map[i])).ThenBy(i => i)
                .Take(Math.Max(1, map.Length / 10))];
        HashSet<int> x = Top(a), y = Top(b);
        int either = x.Union(y).Count();
        return either == 0 ? 0 : x.Intersect(y).Count() / (double)either;
    }

    private static double[] Ranks(double[] map) =>
        [.. map.Select(value => map.Count(other => Math.Abs(other) < Math.Abs(value))
            + ((map.Count(other => Math.Abs(other) == Math.Abs(value)) + 1) / 2.0))];

    private static double[] Scale(double[] map)
    {
        double largest = map.Max(Math.Abs);
        return [.. map.Select(value => largest == 0 ? 0 : Math.Abs(value) / largest)];
    }

    /// <summary>What kernels make of two finite maps, by plain loops over the definitions in <see cref="SimilarityMath"/>.</summary>
    internal static MapComparison Exact(float[] a, float[] b, int rows, int columns)
    {
        (int[] x, int[] y) = (Deviations(a), Deviations(b));
        (HashSet<int> topA, HashSet<int> topB) = (Top(a), Top(b));
        return new MapComparison
        {
            First = new MapFacts { Variance = x.Sum(d => (long)d * d), Top = topA.Count },
            Second = new MapFacts { Variance = y.Sum(d => (long)d * d), Top = topB.Count },
            Ranks = x.Zip(y, (p, q) => (long)p * q).Sum(),
            Windows = Windows(Levels(a), Levels(b), rows, columns),
            Top = topA.Intersect(topB).Count(),
        };
    }

    private static int[] Deviations(float[] map) =>
        [.. map.Select(value => map.Count(other => Math.Abs(other) < Math.Abs(value))
            - map.Count(other => Math.Abs(other) > Math.Abs(value)))];

    private static HashSet<int> Top(float[] map) => [.. Enumerable.Range(0, map.Length).Where(i => map[i] != 0)
        .OrderByDescending(i => Math.Abs(map[i])).ThenBy(i => i).Take(Math.Max(1, map.Length / 10))];

    private static int[] Levels(float[] map)
    {
        float largest = map.Max(Math.Abs), lift = SimilarityMath.Lift(largest), scale = SimilarityMath.Scale(largest);
        return [.. map.Select(value => SimilarityMath.Level(Math.Abs(value), lift, scale))];
    }

    private static long Windows(int[] a, int[] b, int rows, int columns)
    {
        int height = Math.Min(SimilarityMath.Window, rows), width = Math.Min(SimilarityMath.Window, columns), n = height * width;
        long sum = 0;
        for (int top = 0; top + height <= rows; top++)
        {
            for (int left = 0; left + width <= columns; left++)
            {
                int[] pixels = [.. from row in Enumerable.Range(top, height)
                                   from column in Enumerable.Range(left, width)
                                   select (row * columns) + column];
                long sumA = pixels.Sum(i => (long)a[i]), sumB = pixels.Sum(i => (long)b[i]);
                long Products(int[] p, int[] q) => pixels.Sum(i => (((long)p[i] * q[i]) + 16) >> 5);
                long c1 = SimilarityMath.First(n), c2 = SimilarityMath.Second(n);
                sum += SimilarityMath.Quotient(
                    (2 * sumA * sumB) + c1,
                    (2 * ((32 * n * Products(a, b)) - (sumA * sumB))) + c2,
                    (sumA * sumA) + (sumB * sumB) + c1,
                    (32 * n * (Products(a, a) + Products(b, b))) - (sumA * sumA) - (sumB * sumB) + c2);
            }
        }
        return sum;
    }
}
