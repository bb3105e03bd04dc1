namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>
/// The magnitudes of one map, ranked. Integers from here on, so that similarities have the same bits everywhere.
/// </summary>
/// <param name="inputs">D.</param>
internal sealed class MapRanks(int inputs)
{
    /// <summary>The share of the pixels that counts as the top.</summary>
    private const int TopShare = 10;

    /// <summary>Twice the rank less its mean: -(D - 1) .. D - 1, ties averaged; they add up to 0.</summary>
    public int[] Deviations { get; } = new int[inputs];

    /// <summary>Sum of squares of the deviations; 0 when all magnitudes are the same.</summary>
    public long Variance { get; private set; }

    /// <summary>1 for each of the strongest tenth of the pixels (at least one), ties by pixel number; pixels of 0 are not in it.</summary>
    public byte[] Top { get; } = new byte[inputs];

    public int TopCount { get; private set; }

    /// <summary>The same magnitude everywhere: nothing is ranked.</summary>
    public bool IsFlat => Variance == 0;

    /// <summary>0 everywhere.</summary>
    public bool IsZero => TopCount == 0;

    /// <returns>False when a value is not finite; then nothing is ranked.</returns>
    public bool Rank(ReadOnlySpan<float> map, MapSorter sorter)
    {
        if (!sorter.Sort(map))
            return false;
        ReadOnlySpan<uint> keys = sorter.Keys;
        ReadOnlySpan<int> order = sorter.Order;
        Array.Clear(Top);
        (Variance, TopCount) = (0, 0);
        int top = Math.Max(1, inputs / TopShare);
        for (int end = inputs; end > 0;)
        {
            uint key = keys[order[end - 1]];
            int first = end - 1;
            while (first > 0 && keys[order[first - 1]] == key)
                first--;
            int deviation = first + end - inputs;
            for (int i = first; i < end; i++)
                Deviations[order[i]] = deviation;
            Variance += (long)(end - first) * deviation * deviation;

            // The sort is stable, so the pixels of a tie stand in ascending order.
            for (int i = first; i < end && key > 0 && TopCount < top; i++, TopCount++)
                Top[order[i]] = 1;
            end = first;
        }
        return true;
    }

    /// <summary>Of maps that are not flat.</summary>
    public static double Spearman(MapRanks a, MapRanks b)
    {
        long sum = 0;
        for (int i = 0; i < a.Deviations.Length; i++)
            sum += (long)a.Deviations[i] * b.Deviations[i];
        return sum / Math.Sqrt((double)a.Variance * b.Variance);
    }

    /// <summary>Intersection over union of the strongest pixels, of maps that are not flat.</summary>
    public static double TopIou(MapRanks a, MapRanks b)
    {
        int both = 0;
        for (int i = 0; i < a.Top.Length; i++)
            both += a.Top[i] & b.Top[i];
        int either = a.TopCount + b.TopCount - both;
        return (double)both / either;
    }
}
