namespace GpuMlp.Engine.Analyses.Embedding;

/// <summary>
/// How far the neighbours that a picture shows are neighbours in truth. The rank of j for i is 1 more than the number of
/// points that are strictly nearer to i by features; points equally far share a rank.
/// </summary>
/// <param name="Trustworthiness">
/// 1 - 2 / (N k (2N - 3k - 1)) * sum over i and its k nearest points of the picture of max(0, rank - k): 1 when none of them
/// is an intruder, about 0.5 for a random picture. Source: Venna and Kaski, "Neighborhood preservation in nonlinear
/// projection methods", ICANN 2001.
/// </param>
/// <param name="Kept">Share of those neighbours whose rank is k or less.</param>
public readonly record struct Neighbourhoods(double Trustworthiness, double Kept)
{
    /// <summary>k: enough that one stray point does not count, few enough that they are near.</summary>
    public const int Usual = 10;

    /// <param name="features">Row-major [N, H].</param>
    /// <param name="x">[N]; the picture. Equally near points count in ascending order.</param>
    /// <param name="y">[N].</param>
    /// <param name="neighbours">k, lowered to (N - 1) / 2 for few points.</param>
    /// <returns>NaN for fewer than three points. Cost: N^2 (H + k).</returns>
    public static Neighbourhoods Compare(ReadOnlyMemory<float> features, int hidden, float[] x, float[] y, int neighbours = Usual)
    {
        int points = x.Length, k = Math.Min(neighbours, (points - 1) / 2);
        if (k < 1)
            return new Neighbourhoods(double.NaN, double.NaN);
        var intrusions = new long[points];
        var kept = new int[points];
        Parallel.For(0, points, () => new Scratch(points, k), (i, _, scratch) =>
        {
            (intrusions[i], kept[i]) = scratch.Point(i, features.Span, hidden, x, y);
            return scratch;
        }, _ => { });
        double worst = (double)points * k * ((2.0 * points) - (3 * k) - 1) / 2;
        return new Neighbourhoods(1 - (intrusions.Sum() / worst), kept.Sum(count => (long)count) / ((double)points * k));
    }

    /// <summary>A thread's memory.</summary>
    private sealed class Scratch(int points, int k)
    {
        private readonly double[] _true = new double[points], _nearest = new double[k];
        private readonly int[] _shown = new int[k];

        public (long Intrusions, int Kept) Point(int i, ReadOnlySpan<float> features, int hidden, float[] x, float[] y)
        {
            Shown(i, x, y);
            ReadOnlySpan<float> own = features.Slice(i * hidden, hidden);
            for (int j = 0; j < points; j++)
            {
                double sum = 0;
                ReadOnlySpan<float> other = features.Slice(j * hidden, hidden);
                for (int h = 0; h < hidden; h++)
                {
                    double difference = (double)own[h] - other[h];
                    sum += difference * difference;
                }
                _true[j] = sum;
            }

            // Itself is no one's intruder.
            _true[i] = double.PositiveInfinity;
            long intrusions = 0;
            int kept = 0;
            foreach (int j in _shown)
            {
                int rank = 1;
                double distance = _true[j];
                foreach (double nearer in _true)
                    rank += nearer < distance ? 1 : 0;
                intrusions += Math.Max(0, rank - k);
                kept += rank <= k ? 1 : 0;
            }
            return (intrusions, kept);
        }

        private void Shown(int i, float[] x, float[] y)
        {
            int filled = 0;
            for (int j = 0; j < points; j++)
            {
                double dx = (double)x[j] - x[i], dy = (double)y[j] - y[i], distance = (dx * dx) + (dy * dy);
                if (j == i || (filled == k && !(distance < _nearest[k - 1])))
                    continue;
                int place = filled < k ? filled++ : k - 1;
                for (; place > 0 && distance < _nearest[place - 1]; place--)
                    (_nearest[place], _shown[place]) = (_nearest[place - 1], _shown[place - 1]);
                (_nearest[place], _shown[place]) = (distance, j);
            }
        }
    }
}
